// What Temporal itself knows of the tasks of a trial, asked by its own client and past everything that Longhaul says.

import { Client, Connection } from '@temporalio/client';
import { messageFor, send } from '../test/harness/calls';
import { untilAnswer } from '../test/harness/eventually';
import type { Trial } from './trial';

const TASKS = "WorkflowType = 'taskWorkflow'";

export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

/** Is closed with the trial. */
export async function openPlainClient(trial: Trial): Promise<Client> {
  const connection = await Connection.connect({ address: trial.temporal.address });
  trial.defer(() => connection.close());
  return new Client({ connection });
}

/**
 * Every run of every task so far. Visibility lags, and lists what was started later no earlier: one more task
 * is run, and left out of the list that has it.
 */
export async function listExecutions(client: Client, url: string): Promise<readonly Execution[]> {
  const { id: last } = await send(url, messageFor('steps', { events: 0 }));
  const isLast = ({ workflowId }: Execution): boolean => workflowId.endsWith(last);
  const listed = await untilAnswer(
    'the executions',
    () => allExecutions(client),
    (executions) => executions.some(isLast),
  );
  return listed.filter((execution) => !isLast(execution));
}

async function allExecutions(client: Client): Promise<readonly Execution[]> {
  const executions: Execution[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query: TASKS })) {
    executions.push({ workflowId, runId });
  }
  return executions;
}
