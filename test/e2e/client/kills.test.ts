// Streams of the client through killed gateways and workers: every event once, the whole answer once.

import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import type { StreamResponse } from '@a2a-js/sdk';
import {
  assembleArtifacts,
  createLonghaulClient,
  cursorOf,
  type LonghaulClient,
} from '../../../src/client';
import { listTasks } from '../../harness/calls';
import { untilAnswer } from '../../harness/eventually';
import { lines, stepTexts } from '../../harness/frames';
import { useStack } from '../../harness/stack';
import { Address } from './address';
import { message, taskIdOf } from './messages';
import { all, inWords, textOf } from './seen';

const stack = useStack({ gateways: [], servesGrpc: true });
let http: Address;
let grpc: Address;

beforeAll(async () => {
  [http, grpc] = await Promise.all([Address.open(), Address.open()]);
});
afterAll(() => Promise.all([http.close(), grpc.close()]));

/** A new gateway, at the address of the one before it. */
async function startGateway() {
  const gateway = await stack.startGateway({
    PUBLIC_URL: http.url,
    PUBLIC_GRPC_URL: `127.0.0.1:${String(grpc.port)}`,
  });
  http.target = gateway.url;
  grpc.target = gateway.grpcAddress;
  return gateway;
}

function expectEachOnce(events: readonly StreamResponse[]): void {
  expect(events.map(cursorOf)).toEqual(events.map((_event, index) => index + 1));
  expect(inWords(events.at(-1)!)).toBe('status completed');
}

function progressOf(events: readonly StreamResponse[]): readonly string[] {
  return events.flatMap(({ payload }) =>
    payload?.$case === 'statusUpdate' && payload.value.status?.message !== undefined
      ? [textOf(payload.value.status.message)]
      : [],
  );
}

async function artifactTexts(events: readonly StreamResponse[]): Promise<readonly string[]> {
  return (await assembleArtifacts(events)).map(({ artifact }) => textOf(artifact));
}

describe.each([
  { binding: 'JSON-RPC', transport: 'JSONRPC' },
  { binding: 'REST', transport: 'HTTP+JSON' },
  { binding: 'gRPC', transport: 'GRPC' },
])('a stream over $binding', ({ transport }) => {
  let client: LonghaulClient;
  let gateway: Awaited<ReturnType<typeof startGateway>>;

  beforeAll(async () => {
    gateway = await startGateway();
    client = await createLonghaulClient({
      url: http.url,
      transports: [new GrpcTransportFactory()],
      preferredTransports: [transport],
    });
  });

  afterAll(() => gateway.kill());

  test('comes in order to its end, and folds to what GetTask gives', async () => {
    const events = await all(client.streamTask(message('stream', { chunks: 5, everyMs: 20 })));
    expectEachOnce(events);
    const id = taskIdOf(events);
    const assembled = await assembleArtifacts(events);
    const task = await client.getTask(id);
    expect(assembled).toEqual(task.artifacts.map((artifact) => ({ artifact, isComplete: true })));
  });

  test('goes on when its gateway is killed and started again', async () => {
    const events: StreamResponse[] = [];
    for await (const event of client.streamTask(message('stream', { chunks: 25 }))) {
      events.push(event);
      if (cursorOf(event) !== 6) continue;
      http.target = grpc.target = undefined;
      await gateway.kill();
      void startGateway().then((started) => {
        gateway = started;
      });
    }
    expectEachOnce(events);
    expect(await artifactTexts(events)).toEqual([lines(25)]);
  });

  test('ends at a question, and the answer has a stream of its own', async () => {
    const asked = await all(client.streamTask(message('asks')));
    expect(inWords(asked.at(-1)!)).toBe('status input_required');
    const taskId = taskIdOf(asked);
    const answered = await all(client.streamTask('Ada', { taskId }));
    expect(progressOf(answered)).toEqual(['hello Ada', 'How old are you?']);
    expect(progressOf(await all(client.streamTask('36', { taskId })))).toEqual(['Ada is 36']);
  });

  test('of a task that is over brings what came after the cursor', async () => {
    const events = await all(client.streamTask(message('five')));
    const taskId = taskIdOf(events);
    expect(await all(client.followTask(taskId, { after: 3 }))).toEqual(events.slice(3));
    expect(await all(client.followTask(taskId, { after: 0 }))).toEqual(events);
    expect(await all(client.followTask(taskId, { after: events.length }))).toEqual([]);
    expect((await all(client.followTask(taskId))).map(inWords)).toEqual(['task completed']);
  });
});

describe('a client between gateways', () => {
  test('goes over to the other one when its own is killed', async () => {
    const doomed = await startGateway();
    const other = await startGateway();
    http.target = doomed.url;
    const client = await createLonghaulClient({ url: http.url });
    const events: StreamResponse[] = [];
    for await (const event of client.streamTask(message('steps', { events: 20 }))) {
      events.push(event);
      if (cursorOf(event) !== 5) continue;
      http.target = other.url;
      await doomed.kill();
    }
    expectEachOnce(events);
    expect(progressOf(events)).toEqual(stepTexts(20));
  });

  test('leaves one that stops in peace', async () => {
    const leaving = await startGateway();
    const other = await startGateway();
    http.target = leaving.url;
    const client = await createLonghaulClient({ url: http.url });
    const events: StreamResponse[] = [];
    let stopped: Promise<void> | undefined;
    for await (const event of client.streamTask(message('steps', { events: 20 }))) {
      events.push(event);
      if (cursorOf(event) !== 5) continue;
      http.target = other.url;
      stopped = leaving.stop();
    }
    await stopped;
    expectEachOnce(events);
  });

  test('hands a task to another client with a cursor', async () => {
    const [one, two] = [await startGateway(), await startGateway()];
    http.target = one.url;
    const first = await createLonghaulClient({ url: http.url });
    const seen: StreamResponse[] = [];
    for await (const event of first.streamTask(message('steps', { events: 15 }))) {
      seen.push(event);
      if (seen.length === 5) break;
    }
    http.target = two.url;
    await one.kill();
    const second = await createLonghaulClient({ url: http.url });
    const taskId = taskIdOf(seen);
    const rest = await all(second.followTask(taskId, { after: cursorOf(seen.at(-1)!)! }));
    expectEachOnce([...seen, ...rest]);
  });

  test('opens one task when the gateway dies before it answers', async () => {
    const doomed = await startGateway();
    const client = await createLonghaulClient({ url: http.url });
    const contextId = crypto.randomUUID();
    http.losesAnswers = true;
    const streaming = all(client.streamTask(message('steps', { events: 5 }, { contextId })));
    await untilAnswer(
      'the task is listed',
      () => listTasks(doomed.url, { contextId }),
      ({ totalSize }) => totalSize === 1,
    );
    await doomed.kill();
    http.losesAnswers = false;
    const gateway = await startGateway();
    expectEachOnce(await streaming);
    expect((await listTasks(gateway.url, { contextId })).totalSize).toBe(1);
  });

  test('sees each event once, too, when connections are cut again and again', async () => {
    await startGateway();
    const client = await createLonghaulClient({ url: http.url });
    const events: StreamResponse[] = [];
    for await (const event of client.streamTask(message('stream', { chunks: 30, everyMs: 50 }))) {
      events.push(event);
      if (events.length % 4 === 0) http.cut();
    }
    expectEachOnce(events);
    expect(await artifactTexts(events)).toEqual([lines(30)]);
  });
});

describe('a stream whose worker is killed', () => {
  test('goes on with the next worker and repeats nothing', async () => {
    await startGateway();
    const client = await createLonghaulClient({ url: http.url });
    const events: StreamResponse[] = [];
    for await (const event of client.streamTask(message('stream', { chunks: 25 }))) {
      events.push(event);
      if (cursorOf(event) !== 6) continue;
      await stack.worker.kill();
      await stack.startWorker();
    }
    expectEachOnce(events);
    expect(await artifactTexts(events)).toEqual([lines(25)]);
  });

  test('withdraws what the next attempt says otherwise', async () => {
    const client = await createLonghaulClient({ url: http.url });
    const events: StreamResponse[] = [];
    for await (const event of client.streamTask(message('unlike', { chunks: 20 }))) {
      events.push(event);
      if (cursorOf(event) !== 6) continue;
      await stack.worker.kill();
      await stack.startWorker();
    }
    expectEachOnce(events);
    expect(await artifactTexts(events)).toEqual([`title\n${lines(20, 'attempt 2 ')}`]);
  });
});

describe('a stream whose task engine is down', () => {
  test('waits for it, and goes on when it is back', async () => {
    const client = await createLonghaulClient({ url: http.url });
    const events: StreamResponse[] = [];
    for await (const event of client.streamTask(message('steps', { events: 10 }))) {
      events.push(event);
      if (cursorOf(event) !== 4) continue;
      await stack.temporal.kill();
      http.cut();
      setTimeout(() => void stack.temporal.restart(), 1_000);
    }
    expectEachOnce(events);
    expect(progressOf(events)).toEqual(stepTexts(10));
  });
});
