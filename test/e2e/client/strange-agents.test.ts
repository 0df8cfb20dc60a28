// The client against agents that answer oddly, late, too much or not at all.

import { TaskNotFoundError } from '@a2a-js/sdk/errors';
import { once } from 'node:events';
import {
  ConnectTimeoutError,
  ConnectionLostError,
  EventTooLargeError,
  HttpStatusError,
  ProtocolError,
} from '../../../src/client';
import { within } from '../../harness/eventually';
import { all, inWords, rejection } from './seen';
import {
  answerJson,
  chunk,
  frame,
  numbered,
  openStream,
  status,
  task,
  type Answer,
} from './strange-agent';
import { CURSOR, KEYS, StrangeSetting, inTurn, saying } from './strange-setting';

const MIB = 1024 * 1024;
const history = [{ messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'Make a report' }] }];
const strange = new StrangeSetting();
afterEach(() => strange.close());

describe('events', () => {
  test('of an unknown kind are ignored', async () => {
    const { client } = await strange.open(
      saying({ task: task('WORKING') }, { telemetry: { load: 1 } }, {}, status('COMPLETED')),
    );
    const events = await all(client.streamTask('hello'));
    expect(events.map(inWords)).toEqual(['task working', 'status completed']);
  });

  test.each([
    { name: 'in its metadata', event: { telemetry: { load: 1, ...numbered(2) } } },
    { name: 'as the id of its frame', event: { telemetry: { load: 1 } }, id: 2 },
    { name: 'twice', event: { telemetry: numbered(2) }, id: 2 },
  ])('of an unknown kind with a number $name leave no gap', async ({ event, id }) => {
    const { agent, client } = await strange.open(
      ({ id: call }, res) => {
        openStream(res);
        frame(res, call, { task: task('WORKING', 1) }, 1);
        frame(res, call, event, id);
        frame(res, call, status('COMPLETED', 3), 3);
        res.end();
      },
      { extensions: [CURSOR] },
    );
    const events = await all(client.streamTask('hello'));
    expect(events.map(inWords)).toEqual(['task working', 'status completed']);
    expect(agent.asked).toHaveLength(1);
  });

  test('of an unknown kind are not asked for again after a cut', async () => {
    const { agent, client } = await strange.open(
      inTurn(
        ({ id }, res) => {
          openStream(res);
          frame(res, id, { task: task('WORKING', 1) }, 1);
          frame(res, id, { telemetry: {} }, 2);
          res.end();
        },
        saying({ task: task('WORKING', 2) }, status('COMPLETED', 3)),
      ),
      { extensions: [CURSOR] },
    );
    const events = await all(client.streamTask('hello'));
    expect(events.map(inWords)).toEqual(['task working', 'status completed']);
    expect(agent.asked[1]!.headers['last-event-id']).toBe('2');
  });

  test('that begin with an update, without a Task, make a task all the same', async () => {
    const { client } = await strange.open(
      saying(status('WORKING'), chunk('x', { append: false }), status('COMPLETED')),
    );
    const done = await client.monitorTask('hello');
    expect(done).toMatchObject({ id: 'task-1', artifacts: [{ artifactId: 'a' }] });
  });

  test('of 15 MiB arrive', async () => {
    const text = 'x'.repeat(15 * MIB);
    const { client } = await strange.open(
      saying({ task: task('WORKING') }, chunk(text), status('COMPLETED')),
    );
    const [, big] = await all(client.streamTask('hello'));
    expect(inWords(big!)).toHaveLength(text.length + 'artifact ""'.length);
  });

  test('of 17 MiB end the stream by type, and the task is not asked for again', async () => {
    const { agent, client } = await strange.open(
      saying({ task: task('WORKING') }, chunk('x'.repeat(17 * MIB)), status('COMPLETED')),
    );
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(EventTooLargeError);
    expect(agent.methods).toEqual(['SendStreamingMessage']);
  });

  test('that never end are read no further than the limit', async () => {
    let written = 0;
    const { client } = await strange.open(
      (_asked, res) => {
        openStream(res);
        res.write('data: ');
        const more = (): void => {
          while (!res.destroyed && res.write('x'.repeat(65_536))) written += 65_536;
          if (!res.destroyed) res.once('drain', more);
        };
        more();
      },
      { maxEventSize: MIB },
    );
    const before = process.memoryUsage().arrayBuffers;
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(EventTooLargeError);
    expect(written).toBeLessThan(32 * MIB);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB);
  });

  test('are read no longer when the loop is left', async () => {
    let closed: Promise<unknown> | undefined;
    const { client } = await strange.open(({ id }, res) => {
      openStream(res);
      frame(res, id, { task: task('WORKING') });
      closed = once(res, 'close');
    });
    for await (const event of client.streamTask('hello')) {
      expect(inWords(event)).toBe('task working');
      break;
    }
    await within('the end of the connection', closed!);
  });

  test('that are no A2A end the stream by type', async () => {
    const { client } = await strange.open((_asked, res) => {
      openStream(res);
      res.end('data: hello\n\n');
    });
    expect(await rejection(all(client.streamTask('hello')))).toBeInstanceOf(ProtocolError);
  });
});

describe('an agent that does not answer', () => {
  test('is given up by type after the connect timeout', async () => {
    const { client } = await strange.open(() => undefined, {
      connectTimeoutMs: 100,
      reconnect: { giveUpAfterMs: 0 },
      extensions: [KEYS],
    });
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(ConnectionLostError);
    expect((err as Error).cause).toBeInstanceOf(ConnectTimeoutError);
  });

  test('may take as long as it likes once headers have come', async () => {
    const { client } = await strange.open(
      ({ id }, res) => {
        openStream(res);
        frame(res, id, { task: task('WORKING') });
        setTimeout(() => {
          frame(res, id, status('COMPLETED'));
          res.end();
        }, 600);
      },
      { connectTimeoutMs: 200 },
    );
    const events = await all(client.streamTask('hello'));
    expect(events.map(inWords)).toEqual(['task working', 'status completed']);
  });

  test('is sent a retry again in time where it knows repetition: a connection that stalls says nothing', async () => {
    const failed = task('FAILED', undefined, { history });
    const { agent, client } = await strange.open(
      inTurn(
        ({ id }, res) => answerJson(res, id, { result: failed }),
        () => undefined,
        ({ id }, res) => answerJson(res, id, { result: { task: task('SUBMITTED') } }),
      ),
      { connectTimeoutMs: 200, extensions: [KEYS] },
    );
    expect(await client.retryTask('task-1')).toMatchObject({ id: 'task-1' });
    const [, first, second] = agent.asked;
    expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key']);
    expect(second!.params).toEqual(first!.params);
  });

  test('ends with the reason of an AbortSignal', async () => {
    const { client } = await strange.open(() => undefined);
    const stop = new AbortController();
    const streaming = all(client.streamTask('hello', { signal: stop.signal }));
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await rejection(streaming)).toBe(reason);
  });

  test('ends while the client waits to try again, too', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { client } = await strange.open(
      (_asked, res) => {
        res.writeHead(503, { 'Retry-After': '60' }).end();
        setTimeout(() => stop.abort(reason), 20);
      },
      { reconnect: { giveUpAfterMs: 600_000 } },
    );
    expect(await rejection(all(client.streamTask('x', { signal: stop.signal })))).toBe(reason);
  });
});

test('an agent that gives a history only when asked for one is asked for the original request', async () => {
  const { agent, client } = await strange.open(({ id, method, params }, res) => {
    const told = params['historyLength'] === undefined ? {} : { history };
    const failed = task('FAILED', undefined, told);
    answerJson(res, id, { result: method === 'GetTask' ? failed : { task: task('SUBMITTED') } });
  });
  await client.retryTask('task-1');
  expect(agent.methods).toEqual(['GetTask', 'GetTask', 'SendMessage']);
  expect(agent.asked[2]!.params).toMatchObject({ message: { parts: [{ text: 'Make a report' }] } });
});

describe('a refusal', () => {
  test.each([401, 403, 404, 418, 500])('with HTTP %d is told by type, once', async (code) => {
    const { agent, client } = await strange.open((_asked, res) =>
      res.writeHead(code).end('no entry'),
    );
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(HttpStatusError);
    expect(err).toMatchObject({ status: code, message: expect.stringContaining('no entry') });
    expect(agent.asked).toHaveLength(1);
  });

  test.each([401, 403])('with HTTP %d is told by type, whatever A2A says of it', async (code) => {
    const { client } = await strange.open(({ id }, res) => {
      res.statusCode = code;
      answerJson(res, id, { error: { code: -32600, message: 'not for you' } });
    });
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(HttpStatusError);
    expect(err).toMatchObject({ status: code, message: expect.stringContaining('not for you') });
  });

  const refusing = { error: { code: -32001, message: 'no such task' } };

  test.each<{ name: string; answer: Answer }>([
    {
      name: 'in a stream',
      answer: ({ id }, res) => {
        openStream(res);
        res.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, ...refusing })}\n\n`);
      },
    },
    { name: 'instead of a stream', answer: ({ id }, res) => answerJson(res, id, refusing) },
    {
      name: 'with a status',
      answer: ({ id }, res) => {
        res.statusCode = 404;
        answerJson(res, id, refusing);
      },
    },
  ])('of A2A $name is the error of the SDK, once', async ({ answer }) => {
    const { agent, client } = await strange.open(answer);
    const err = await rejection(all(client.followTask('task-1')));
    expect(err).toBeInstanceOf(TaskNotFoundError);
    expect(agent.asked).toHaveLength(1);
  });

  test('with 503 and Retry-After is asked again, not before', async () => {
    const at: number[] = [];
    const { client } = await strange.open(
      inTurn(
        (_asked, res) => {
          at.push(Date.now());
          res.writeHead(503, { 'Retry-After': '1' }).end();
        },
        (asked, res) => {
          at.push(Date.now());
          saying({ task: task('COMPLETED') })(asked, res);
        },
      ),
    );
    const events = await all(client.streamTask('hello'));
    expect(events.map(inWords)).toEqual(['task completed']);
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(1_000);
  });
});
