// Lost sends and cut streams, against an agent that loses and cuts as a test wants.

import { TaskNotFoundError } from '@a2a-js/sdk/errors';
import {
  ConnectionLostError,
  EventGapError,
  ProtocolError,
  SendLostError,
} from '../../../src/client';
import { all, inWords, rejection } from './seen';
import { chunk, frame, openStream, status, task, type Answer } from './strange-agent';
import { CURSOR, KEYS, StrangeSetting, cut, inTurn, saying } from './strange-setting';

const strange = new StrangeSetting();
afterEach(() => strange.close());

describe('a send whose answer is lost', () => {
  test('is repeated, with the same message and key, where the agent knows keys', async () => {
    const { agent, client } = await strange.open(inTurn(cut, saying({ task: task('COMPLETED') })), {
      extensions: [KEYS],
    });
    await all(client.streamTask('hello'));
    const [first, second] = agent.asked;
    expect(second!.params).toEqual(first!.params);
    expect(first!.headers['idempotency-key']).toMatch(/^[\da-f-]{36}$/);
    expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key']);
  });

  test('is not repeated where it does not', async () => {
    const { agent, client } = await strange.open(inTurn(cut, saying({ task: task('COMPLETED') })));
    expect(await rejection(all(client.streamTask('hello')))).toBeInstanceOf(SendLostError);
    expect(agent.asked).toHaveLength(1);
  });

  test('is repeated anywhere when it cannot have arrived', async () => {
    let failed: (() => void) | undefined;
    const hasFailed = new Promise<void>((resolve) => (failed = resolve));
    const fetchImpl: typeof fetch = (...args) =>
      fetch(...args).catch((err: unknown) => {
        failed?.();
        throw err;
      });
    const answer = saying({ task: task('COMPLETED') });
    const { agent, client } = await strange.open(answer, { fetchImpl });
    await agent.close();
    const streaming = all(client.streamTask('hello', {}));
    await hasFailed;
    await strange.start(answer, { port: agent.port });
    expect((await streaming).map(inWords)).toEqual(['task completed']);
  });
});

describe('a stream with cursors', () => {
  const numbered = [
    { task: task('WORKING', 1) },
    chunk('one ', { seq: 2, append: false }),
    chunk('two ', { seq: 3 }),
    chunk('three', { seq: 4 }),
    status('COMPLETED', 5),
  ];

  /** Frames after the cursor, as many as `count`, then the connection breaks. */
  function broken(count: number): Answer {
    return ({ id, headers }, res) => {
      openStream(res);
      const after = Number(headers['last-event-id'] ?? 0);
      if (after > 0) frame(res, id, { task: task('WORKING', after) });
      for (const event of numbered.slice(after, after + count)) frame(res, id, event);
      setImmediate(() => res.destroy());
    };
  }

  test('goes on after the last event, however often it is cut', async () => {
    const { agent, client } = await strange.open(broken(1), { extensions: [CURSOR, KEYS] });
    const events = await all(client.streamTask('hello'));
    expect(events.map(inWords)).toEqual([
      'task working',
      'artifact "one "',
      'artifact "two "',
      'artifact "three"',
      'status completed',
    ]);
    expect(agent.asked.flatMap(({ headers }) => headers['last-event-id'] ?? [])).toContain('4');
  });

  test('drops what comes twice', async () => {
    const [first, second, ...rest] = numbered;
    const { client } = await strange.open(saying(first!, second!, first!, second!, ...rest), {
      extensions: [CURSOR],
    });
    expect(await all(client.streamTask('hello'))).toHaveLength(numbered.length);
  });

  test('is asked again from before a gap', async () => {
    const [first, , third] = numbered;
    const { agent, client } = await strange.open(inTurn(saying(first!, third!), broken(9)), {
      extensions: [CURSOR],
    });
    expect(await all(client.streamTask('hello'))).toHaveLength(numbered.length);
    expect(agent.asked[1]!.headers['last-event-id']).toBe('1');
  });

  test('is given up by type when the gap stays', async () => {
    const [first, , third] = numbered;
    const { client } = await strange.open(saying(first!, third!), { extensions: [CURSOR] });
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(EventGapError);
    expect(err).toMatchObject({ after: 1 });
  });

  test('that ends in peace before the task does goes on', async () => {
    const [first] = numbered;
    const waiting = status('AUTH_REQUIRED', 2);
    const over = status('COMPLETED', 3);
    const { client } = await strange.open(
      inTurn(saying(first!, waiting), saying({ task: task('AUTH_REQUIRED', 2) }, over)),
      { extensions: [CURSOR] },
    );
    const events = await all(client.streamTask('hello'));
    expect(events.map(inWords)).toEqual([
      'task working',
      'status auth_required',
      'status completed',
    ]);
  });

  test('that falls silent is opened anew', async () => {
    const silent: Answer = ({ id }, res) => {
      openStream(res);
      frame(res, id, numbered[0]!);
    };
    const { client } = await strange.open(inTurn(silent, broken(9)), {
      extensions: [CURSOR],
      idleTimeoutMs: 150,
    });
    expect(await all(client.streamTask('hello'))).toHaveLength(numbered.length);
  });

  test('ends with ConnectionLostError and the task when the agent stays away', async () => {
    const { client } = await strange.open(inTurn(broken(3), cut), {
      extensions: [CURSOR],
      reconnect: { initialDelayMs: 5, maxDelayMs: 20, giveUpAfterMs: 100 },
    });
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(ConnectionLostError);
    expect((err as ConnectionLostError).task?.artifacts[0]?.parts[0]?.content).toEqual({
      $case: 'text',
      value: 'one two ',
    });
  });
});

describe('a stream over REST', () => {
  test('is read, resumed and refused like one of JSON-RPC', async () => {
    const { agent, client } = await strange.open(
      inTurn(
        (_asked, res) => {
          openStream(res);
          res.write(`data: ${JSON.stringify({ task: task('WORKING', 1) })}\n\n`);
          setImmediate(() => res.destroy());
        },
        (_asked, res) => {
          openStream(res);
          const error = { code: 404, status: 'NOT_FOUND', message: 'gone', details: [reason] };
          res.end(`event: error\ndata: ${JSON.stringify({ error })}\n\n`);
        },
      ),
      { extensions: [CURSOR], preferredTransports: ['HTTP+JSON'] },
    );
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(TaskNotFoundError);
    expect(agent.asked.map(({ path }) => path)).toEqual([
      '/message:stream',
      '/tasks/task-1:subscribe',
    ]);
    expect(agent.asked[1]!.headers['last-event-id']).toBe('1');
  });

  test('ends with an error event, whatever it holds', async () => {
    const { client } = await strange.open(
      (_asked, res) => {
        openStream(res);
        res.end('event: error\ndata: {"oops":1}\n\n');
      },
      { preferredTransports: ['HTTP+JSON'] },
    );
    expect(await rejection(all(client.streamTask('hello')))).toBeInstanceOf(ProtocolError);
  });

  const reason = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'TASK_NOT_FOUND',
    domain: 'a2a-protocol.org',
  };
});
