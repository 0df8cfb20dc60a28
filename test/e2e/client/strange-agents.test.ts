// The client against agents that answer oddly, late, too much or not at all.

import { TaskNotFoundError } from '@a2a-js/sdk/errors';
import {
  ConnectTimeoutError,
  ConnectionLostError,
  EventGapError,
  EventTooLargeError,
  HttpStatusError,
  ProtocolError,
  SendLostError,
  createLonghaulClient,
  type LonghaulClient,
  type LonghaulClientOptions,
} from '../../../src/client';
import { all, inWords, rejection } from './seen';
import {
  StrangeAgent,
  answerJson,
  chunk,
  frame,
  openStream,
  status,
  task,
  type Answer,
} from './strange-agent';

const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';
const KEYS = 'urn:longhaul:a2a:idempotency-key:1';
const MIB = 1024 * 1024;
/** Quick enough for a test, and patient enough for a busy machine. */
const RECONNECT = { initialDelayMs: 5, maxDelayMs: 20, giveUpAfterMs: 5_000 };

const agents: StrangeAgent[] = [];
afterEach(() => Promise.all(agents.splice(0).map((agent) => agent.close())));

interface Opened {
  readonly agent: StrangeAgent;
  readonly client: LonghaulClient;
}

async function open(
  answer: Answer,
  { extensions = [], ...options }: { extensions?: readonly string[] } & LonghaulClientOptions = {},
): Promise<Opened> {
  const agent = await StrangeAgent.start(answer, extensions);
  agents.push(agent);
  const client = await createLonghaulClient({ url: agent.url, reconnect: RECONNECT, ...options });
  return { agent, client };
}

/** A stream of these results. */
function saying(...results: readonly object[]): Answer {
  return ({ id }, res) => {
    openStream(res);
    for (const result of results) frame(res, id, result);
    res.end();
  };
}

/** The first request gets the first answer, and so on; the last one goes on. */
function inTurn(...answers: readonly Answer[]): Answer {
  let next = 0;
  return (asked, res) => {
    answers[Math.min(next, answers.length - 1)]!(asked, res);
    next += 1;
  };
}

const cut: Answer = (_asked, res) => res.destroy();

describe('events', () => {
  test('of an unknown kind are ignored', async () => {
    const { client } = await open(
      saying({ task: task('WORKING') }, { telemetry: { load: 1 } }, {}, status('COMPLETED')),
    );
    const events = await all(client.streamTask('hello'));
    expect(events.map(inWords)).toEqual(['task working', 'status completed']);
  });

  test('that begin with an update, without a Task, make a task all the same', async () => {
    const { client } = await open(
      saying(status('WORKING'), chunk('x', { append: false }), status('COMPLETED')),
    );
    const done = await client.monitorTask('hello');
    expect(done).toMatchObject({ id: 'task-1', artifacts: [{ artifactId: 'a' }] });
  });

  test('of 15 MiB arrive', async () => {
    const text = 'x'.repeat(15 * MIB);
    const { client } = await open(
      saying({ task: task('WORKING') }, chunk(text), status('COMPLETED')),
    );
    const [, big] = await all(client.streamTask('hello'));
    expect(inWords(big!)).toHaveLength(text.length + 'artifact ""'.length);
  });

  test('of 17 MiB end the stream by type, and the task is not asked for again', async () => {
    const { agent, client } = await open(
      saying({ task: task('WORKING') }, chunk('x'.repeat(17 * MIB)), status('COMPLETED')),
    );
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(EventTooLargeError);
    expect(agent.methods).toEqual(['SendStreamingMessage']);
  });

  test('that never end are read no further than the limit', async () => {
    let written = 0;
    const { client } = await open(
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

  test('that are no A2A end the stream by type', async () => {
    const { client } = await open((_asked, res) => {
      openStream(res);
      res.end('data: hello\n\n');
    });
    expect(await rejection(all(client.streamTask('hello')))).toBeInstanceOf(ProtocolError);
  });
});

describe('an agent that does not answer', () => {
  test('is given up by type after the connect timeout', async () => {
    const { client } = await open(() => undefined, {
      connectTimeoutMs: 100,
      reconnect: { giveUpAfterMs: 0 },
      extensions: [KEYS],
    });
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(ConnectionLostError);
    expect((err as Error).cause).toBeInstanceOf(ConnectTimeoutError);
  });

  test('may take as long as it likes once headers have come', async () => {
    const { client } = await open(
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

  test('ends with the reason of an AbortSignal', async () => {
    const { client } = await open(() => undefined);
    const stop = new AbortController();
    const streaming = all(client.streamTask('hello', { signal: stop.signal }));
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await rejection(streaming)).toBe(reason);
  });

  test('ends while the client waits to try again, too', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { client } = await open(
      (_asked, res) => {
        res.writeHead(503, { 'Retry-After': '60' }).end();
        setTimeout(() => stop.abort(reason), 20);
      },
      { reconnect: { giveUpAfterMs: 600_000 } },
    );
    expect(await rejection(all(client.streamTask('x', { signal: stop.signal })))).toBe(reason);
  });
});

describe('a refusal', () => {
  test.each([401, 403, 404, 418, 500])('with HTTP %d is told by type, once', async (code) => {
    const { agent, client } = await open((_asked, res) => res.writeHead(code).end('no entry'));
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(HttpStatusError);
    expect(err).toMatchObject({ status: code, message: expect.stringContaining('no entry') });
    expect(agent.asked).toHaveLength(1);
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
    const { agent, client } = await open(answer);
    const err = await rejection(all(client.followTask('task-1')));
    expect(err).toBeInstanceOf(TaskNotFoundError);
    expect(agent.asked).toHaveLength(1);
  });

  test('with 503 and Retry-After is asked again, not before', async () => {
    const at: number[] = [];
    const { client } = await open(
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

describe('a send whose answer is lost', () => {
  test('is repeated, with the same message and key, where the agent knows keys', async () => {
    const { agent, client } = await open(inTurn(cut, saying({ task: task('COMPLETED') })), {
      extensions: [KEYS],
    });
    await all(client.streamTask('hello'));
    const [first, second] = agent.asked;
    expect(second!.params).toEqual(first!.params);
    expect(first!.headers['idempotency-key']).toMatch(/^[\da-f-]{36}$/);
    expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key']);
  });

  test('is not repeated where it does not', async () => {
    const { agent, client } = await open(inTurn(cut, saying({ task: task('COMPLETED') })));
    expect(await rejection(all(client.streamTask('hello')))).toBeInstanceOf(SendLostError);
    expect(agent.asked).toHaveLength(1);
  });

  test('is repeated anywhere when it cannot have arrived', async () => {
    const { agent, client } = await open(saying({ task: task('COMPLETED') }));
    await agent.close();
    const streaming = all(client.streamTask('hello', {}));
    const again = await StrangeAgent.start(saying({ task: task('COMPLETED') }), [], agent.port);
    agents.push(again);
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
    const { agent, client } = await open(broken(1), { extensions: [CURSOR, KEYS] });
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
    const { client } = await open(saying(first!, second!, first!, second!, ...rest), {
      extensions: [CURSOR],
    });
    expect(await all(client.streamTask('hello'))).toHaveLength(numbered.length);
  });

  test('is asked again from before a gap', async () => {
    const [first, , third] = numbered;
    const { agent, client } = await open(inTurn(saying(first!, third!), broken(9)), {
      extensions: [CURSOR],
    });
    expect(await all(client.streamTask('hello'))).toHaveLength(numbered.length);
    expect(agent.asked[1]!.headers['last-event-id']).toBe('1');
  });

  test('is given up by type when the gap stays', async () => {
    const [first, , third] = numbered;
    const { client } = await open(saying(first!, third!), { extensions: [CURSOR] });
    const err = await rejection(all(client.streamTask('hello')));
    expect(err).toBeInstanceOf(EventGapError);
    expect(err).toMatchObject({ after: 1 });
  });

  test('that falls silent is opened anew', async () => {
    const silent: Answer = ({ id }, res) => {
      openStream(res);
      frame(res, id, numbered[0]!);
    };
    const { client } = await open(inTurn(silent, broken(9)), {
      extensions: [CURSOR],
      idleTimeoutMs: 150,
    });
    expect(await all(client.streamTask('hello'))).toHaveLength(numbered.length);
  });

  test('ends with ConnectionLostError and the task when the agent stays away', async () => {
    const { client } = await open(inTurn(broken(3), cut), {
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
    const { agent, client } = await open(
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

  const reason = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'TASK_NOT_FOUND',
    domain: 'a2a-protocol.org',
  };
});
