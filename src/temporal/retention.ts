// What Temporal still has: how long it keeps closed workflows, and whether it has a certain one.

import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { withinDeadline } from './connection';

export interface Retention {
  /** Unlike its name, no other namespace of any cluster has it. */
  readonly namespaceId: string;
  /** From the close of a workflow on. */
  readonly retentionMs: number;
}

/** @throws TaskError `unavailable`. */
export async function readRetention(client: Client): Promise<Retention> {
  const { namespace } = client.options;
  const { namespaceInfo, config } = await withinDeadline(client, () =>
    client.workflowService.describeNamespace({ namespace }),
  );
  const namespaceId = namespaceInfo?.id;
  const seconds = config?.workflowExecutionRetentionTtl?.seconds;
  if (!namespaceId || !seconds) throw new Error(`Temporal tells no retention of ${namespace}`);
  return { namespaceId, retentionMs: Number(seconds) * 1_000 };
}

/**
 * By the workflow itself, not by the listing, which lags.
 * @throws TaskError `unavailable`, `busy`; what the client throws for a namespace that is not there.
 */
export async function hasWorkflow(client: Client, workflowId: string): Promise<boolean> {
  try {
    await withinDeadline(client, () => client.workflow.getHandle(workflowId).describe());
    return true;
  } catch (err) {
    if (err instanceof WorkflowNotFoundError) return false;
    throw err;
  }
}
