// Tasks whose message has a stored part of any size, which no request could bring: made without a gateway.

import { randomBytes, randomUUID } from 'node:crypto';
import type { PartStores } from '../../src/storage/part-store';
import { openClient } from '../../src/temporal/connection';
import { Tasks, workflowIdOf } from '../../src/temporal/tasks';
import { FORMAT } from '../../src/workflows/emission';

const SCOPE = { tenant: 'default', principal: 'anonymous' };

const LIMITS = {
  ...{ timeoutMs: 60_000, maximumAttempts: 1, heartbeatTimeoutMs: 5_000 },
  ...{ cancelGraceMs: 1_000, answerTimeoutMs: 60_000 },
};

export interface GivenPart {
  readonly taskId: string;
  readonly digest: string;
  readonly bytes: number;
  /** On the gateway, after its address. */
  readonly path: string;
}

/** Stores the bytes for a new task, which no worker takes. */
export async function givePart(
  temporal: { readonly address: string },
  stores: PartStores,
  {
    content,
    mediaType,
  }: { readonly content: AsyncIterable<Uint8Array>; readonly mediaType: string },
): Promise<GivenPart> {
  const client = openClient({
    connection: { address: temporal.address },
    client: { namespace: 'default' },
  });
  const tasks = new Tasks({ client, taskQueue: 'nobody-polls' });
  const taskId = randomUUID();
  try {
    const { digest, bytes } = await stores
      .of(workflowIdOf({ scope: SCOPE, taskId }))
      .putStream(content);
    await tasks.start({
      ...{ v: FORMAT, taskId, contextId: randomUUID(), scope: SCOPE },
      ...{ skillId: 'none', limits: LIMITS },
      message: {
        ...{ messageId: randomUUID(), role: 'ROLE_USER' },
        parts: [{ mediaType, ref: { digest, bytes, content: 'raw' } }],
      },
    });
    return { taskId, digest, bytes, path: `/parts/${taskId}/${digest}` };
  } finally {
    tasks.feeds.close();
    await client.connection.close();
  }
}

const BLOCK_BYTES = 1_048_576;

/** That many MiB which do not compress and do not repeat. */
export async function* mebibytes(count: number): AsyncGenerator<Buffer> {
  const block = randomBytes(BLOCK_BYTES);
  for (let i = 0; i < count; i += 1) {
    // Whoever takes a block may still hold it.
    const next = Buffer.from(block);
    next.writeUInt32BE(i);
    yield next;
  }
}
