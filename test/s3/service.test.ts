// Gateway and worker with their big parts in S3: what clients see of it, also while it does not answer.

import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createPartStores } from '../../src/storage/part-store';
import { S3Blobs } from '../../src/storage/s3-blobs';
import { openS3 } from '../../src/storage/s3-client';
import { LEAVING, getTask, http, messageFor, result, rpc, send } from '../harness/calls';
import { startChild } from '../harness/child';
import { eventually } from '../harness/eventually';
import { GROWTH_MIB, PART_MIB, passThrough } from '../harness/part-memory';
import { useStack } from '../harness/stack';
import { textOf, type WireTask } from '../harness/wire';
import { BUCKET, useS3Server } from './s3-server';

const server = useS3Server();

/** Read when a process is started. */
const settings = {
  ARTIFACT_STORE: `s3://${BUCKET}/parts/of/tests`,
  get S3_ENDPOINT() {
    return server.endpoint;
  },
  // Moto dates every unfinished upload 2010, so that a sweep ends those that are under way.
  ARTIFACT_SWEEP_HOURS: 'off',
};

const stack = useStack({ env: settings });

describe('big parts in S3', () => {
  test('a file of a message and an artifact come back whole, and are nowhere else', async () => {
    const file = randomBytes(1_000_000).toString('base64');
    const parts = { parts: [{ raw: file }, { data: { bytes: 3_000_000 } }] };
    const sent = await send(stack.url, messageFor('big', {}, parts));
    const task = await getTask(stack.url, sent.id);
    expect(task.history?.[0]?.parts[0]?.raw === file).toBe(true);
    expect(textOf(task.artifacts?.[0]?.parts)).toHaveLength(3_000_000);
    expect(await readdir(stack.temporal.dataDir)).not.toContain('parts');
  });

  test(`${String(PART_MIB)} MiB through S3 and a gateway take little memory`, async () => {
    const place = { bucket: BUCKET, prefix: 'parts/of/tests', region: 'us-east-1' };
    const s3 = await openS3({ ...place, endpoint: server.endpoint, isPathStyle: true });
    const blobs = new S3Blobs(s3);
    const stores = createPartStores(blobs);
    const passage = await passThrough(stores, stack.temporal, stack.gateways[0]!);
    blobs.close();
    expect(passage.isWhole).toBe(true);
    expect(passage.storingMib).toBeLessThan(GROWTH_MIB);
    expect(passage.servingMib).toBeLessThan(GROWTH_MIB);
  }, 300_000);
});

describe('a process that cannot use its bucket', () => {
  test.each(['gateway', 'worker'])('%s says what to do in one line, and ends', async (role) => {
    const child = startChild([role], {
      ...process.env,
      ...settings,
      ARTIFACT_STORE: 's3://no-such-bucket',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      TEMPORAL_ADDRESS: stack.temporal.address,
      DATA_DIR: join(stack.temporal.dataDir, 'other'),
      PORT: '0',
    });
    expect(await child.ended).toBe(1);
    expect(child.output()).toMatch(
      /^longhaul: ARTIFACT_STORE=s3:\/\/no-such-bucket \(http.*\) cannot be used: .* does not exist; create the bucket.*\n$/,
    );
  });

  test('starts without an answer, and says so', async () => {
    const gateway = await stack.startGateway({ S3_ENDPOINT: 'http://127.0.0.1:1' });
    expect(gateway.output()).toContain('the store of big parts does not answer: check S3_ENDPOINT');
    expect((await send(gateway.url, messageFor('echo'))).status.state).toBe('TASK_STATE_COMPLETED');
    await gateway.stop();
  });
});

describe('S3 that is down for a while', () => {
  test('holds a skill up and fails nothing; who asks for a part is told to try again', async () => {
    const before = await send(stack.url, messageFor('big'));
    await server.kill();

    const message = messageFor('big');
    const { task } = await result(
      rpc<{ task: WireTask }>(stack.url, 'SendMessage', { message, ...LEAVING }),
    );
    const refused = await http<unknown>(stack.url, { path: `/tasks/${before.id}` });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toBe('2');
    expect(JSON.stringify(refused.body)).toContain('PART_STORE_UNAVAILABLE');
    const bringing = messageFor(
      'big',
      {},
      { parts: [{ raw: randomBytes(100_000).toString('base64') }] },
    );
    const { body } = await rpc(stack.url, 'SendMessage', { message: bringing });
    expect(JSON.stringify(body.error)).toContain('PART_STORE_UNAVAILABLE');

    await server.start();
    await eventually(async () => {
      const { status, artifacts } = await getTask(stack.url, task.id);
      expect(status.state).toBe('TASK_STATE_COMPLETED');
      expect(textOf(artifacts?.[0]?.parts)).toHaveLength(200_000);
    });
    // It has come back without what it held.
    const lost = await http<unknown>(stack.url, { path: `/tasks/${before.id}` });
    expect(lost.status).toBe(500);
    expect(JSON.stringify(lost.body)).toContain('is not in the store');
  });
});
