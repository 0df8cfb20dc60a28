// How long the client waits between attempts, and which failures it waits for.

import { TaskNotFoundError } from '@a2a-js/sdk/errors';
import {
  ConnectionError,
  EventTooLargeError,
  HttpStatusError,
  UnavailableError,
} from '../../src/client';
import { isNeverSent, toFailure } from '../../src/client/failures';
import { Pace } from '../../src/client/pace';

const broken = new ConnectionError('broken');

describe('the pace of attempts', () => {
  beforeEach(() => jest.spyOn(Math, 'random').mockReturnValue(0.5));
  afterEach(() => jest.restoreAllMocks());

  test('doubles its waits up to a bound, and begins anew when something has come', () => {
    const pace = new Pace({ initialDelayMs: 100, maxDelayMs: 500, giveUpAfterMs: 1e9 });
    const waits = Array.from({ length: 5 }, () => pace.nextDelayMs(broken));
    expect(waits).toEqual([50, 100, 200, 250, 250]);
    pace.moved();
    expect(pace.nextDelayMs(broken)).toBe(50);
  });

  test('waits as long as the agent asks for, and a little more', () => {
    const pace = new Pace({ initialDelayMs: 100, giveUpAfterMs: 1e9 });
    expect(pace.nextDelayMs(new UnavailableError('', { retryAfterMs: 3_000 }))).toBe(3_050);
  });

  test('gives up when the agent was silent for too long, counted from the first failure', () => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(0);
    const pace = new Pace({ initialDelayMs: 100, maxDelayMs: 100, giveUpAfterMs: 1_000 });
    expect(pace.nextDelayMs(broken)).toBe(50);
    now.mockReturnValue(900);
    expect(pace.nextDelayMs(broken)).toBe(50);
    now.mockReturnValue(960);
    expect(pace.nextDelayMs(broken)).toBeUndefined();
  });

  test('does not count the time in which the agent answered', () => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(0);
    const pace = new Pace({ initialDelayMs: 100, maxDelayMs: 100, giveUpAfterMs: 1_000 });
    pace.nextDelayMs(broken);
    pace.answered();
    now.mockReturnValue(1_000_000);
    expect(pace.nextDelayMs(broken)).toBe(50);
  });

  test('never gives up on an agent that ends its streams in peace', () => {
    const pace = new Pace({ giveUpAfterMs: 0 });
    expect(pace.nextDelayMs(undefined)).toBeDefined();
  });
});

function grpc(status: number, message = 'no'): Error {
  return Object.assign(new TaskNotFoundError(message), { transport: 'grpc', status });
}

describe('a failure', () => {
  test.each<{ name: string; err: unknown; type: new (...args: never) => Error }>([
    { name: 'of fetch', err: new TypeError('fetch failed'), type: ConnectionError },
    { name: 'of a body that breaks off', err: new TypeError('terminated'), type: ConnectionError },
    { name: 'of gRPC, 14', err: grpc(14), type: UnavailableError },
    { name: 'of gRPC, 5', err: grpc(5), type: TaskNotFoundError },
    {
      name: 'of gRPC for size',
      err: grpc(8, 'Received message larger than max (5000000 vs 4194304)'),
      type: EventTooLargeError,
    },
    {
      name: "of the SDK's JSON-RPC, 503",
      err: new Error(
        'HTTP error establishing stream for SendStreamingMessage: 503 Gone. Response: x',
      ),
      type: UnavailableError,
    },
    {
      name: "of the SDK's JSON-RPC, 401",
      err: new Error('HTTP error for GetTask! Status: 401 Unauthorized. Response: x'),
      type: HttpStatusError,
    },
    {
      name: "in a stream of the SDK's JSON-RPC",
      err: new Error('SSE event contained an error', { cause: new TaskNotFoundError() }),
      type: TaskNotFoundError,
    },
    {
      name: "of the SDK's limit",
      err: new Error('SSE line exceeded the maximum allowed size of 4194304 bytes.'),
      type: EventTooLargeError,
    },
    { name: 'that is a bug', err: new TypeError('x is not a function'), type: TypeError },
  ])('$name is told by type', ({ err, type }) => {
    expect(toFailure(err)).toBeInstanceOf(type);
  });

  test('tells when the request cannot have left', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const both = Object.assign(new AggregateError([refused, refused]), {});
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const failed = (cause: unknown): Error =>
      new ConnectionError('', { cause: new TypeError('fetch failed', { cause }) });
    expect([refused, both].map(failed).map(isNeverSent)).toEqual([true, true]);
    expect([reset, undefined].map(failed).map(isNeverSent)).toEqual([false, false]);
  });
});
