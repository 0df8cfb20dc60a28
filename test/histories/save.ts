// Writes the history of a workflow to files, run by run, without a trace of who recorded it.

import type { Client } from '@temporalio/client';
import { temporal as proto } from '@temporalio/proto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One file a run: `name.json`, or `name-1.json`, `name-2.json` … of a task with several. */
export async function save(client: Client, workflowId: string, name: string): Promise<void> {
  // The task has told its end before the run is closed.
  await client.workflow.getHandle(workflowId).result();
  const histories: string[] = [];
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  let runId: string | undefined = firstRunOf(raw);
  while (runId !== undefined) {
    const history: proto.api.history.v1.IHistory = await client.workflow
      .getHandle(workflowId, runId)
      .fetchHistory();
    histories.push(toText(history));
    const next = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
    runId = next?.newExecutionRunId ?? undefined;
  }
  for (const [index, history] of histories.entries()) {
    const file = histories.length === 1 ? `${name}.json` : `${name}-${index + 1}.json`;
    await writeFile(join(__dirname, file), history);
    process.stdout.write(`${file}: ${history.length} characters\n`);
  }
}

function firstRunOf(description: {
  readonly workflowExecutionInfo?: { readonly firstRunId?: string | null } | null;
}): string {
  return description.workflowExecutionInfo?.firstRunId ?? '';
}

/** Without who recorded it and on which machine. */
function toText(recorded: proto.api.history.v1.IHistory): string {
  const { History } = proto.api.history.v1;
  const plain = History.toObject(History.fromObject(recorded), {
    longs: String,
    enums: String,
    bytes: String,
  });
  // A sticky queue is named after its worker.
  const isWho = (key: string, value: unknown): boolean =>
    key === 'identity' || (typeof value === 'string' && /^\d+@/.test(value));
  const hide = (key: string, value: unknown): unknown => (isWho(key, value) ? 'recorder' : value);
  return `${JSON.stringify(plain, hide, 1)}\n`;
}
