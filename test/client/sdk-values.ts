// Values of the SDK as the client's tests build them: from A2A's JSON, with defaults for the rest.

import { StreamResponse, Task } from '@a2a-js/sdk';

const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';
const IDS = { taskId: 't', contextId: 'c' };

export interface Numbered {
  readonly seq?: number;
}

function metadataOf(seq: number | undefined): object {
  return seq === undefined ? {} : { metadata: { [CURSOR]: { seq } } };
}

/** @param state `WORKING` and the like. */
export function task(
  state: string,
  { seq, ...more }: Numbered & Record<string, unknown> = {},
): Task {
  const status = { state: `TASK_STATE_${state}` };
  return Task.fromJSON({ id: 't', contextId: 'c', status, ...metadataOf(seq), ...more });
}

export function taskEvent(...of: Parameters<typeof task>): StreamResponse {
  return { payload: { $case: 'task', value: task(...of) } };
}

export function status(state: string, { seq, text }: Numbered & { text?: string } = {}) {
  const message = { messageId: `m-${text ?? ''}`, role: 'ROLE_AGENT', parts: [{ text }] };
  return StreamResponse.fromJSON({
    statusUpdate: {
      ...IDS,
      status: { state: `TASK_STATE_${state}`, ...(text === undefined ? {} : { message }) },
      ...metadataOf(seq),
    },
  });
}

export interface Chunk extends Numbered {
  readonly artifactId?: string;
  readonly parts: readonly object[];
  readonly append?: boolean;
  readonly lastChunk?: boolean;
}

export function chunk({ artifactId = 'a', parts, seq, ...flags }: Chunk): StreamResponse {
  const artifact = { artifactId, parts };
  return StreamResponse.fromJSON({
    artifactUpdate: { ...IDS, artifact, ...flags, ...metadataOf(seq) },
  });
}
