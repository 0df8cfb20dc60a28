// A blocking send that ends before its task: because the client leaves, or because the gateway stops.

import { setTimeout as delay } from 'node:timers/promises';
import { envelope, messageFor, request, rpc, type Call } from '../../harness/calls';
import { WAIT_MS } from '../../harness/eventually';
import { useStack } from '../../harness/stack';

/** Without a worker no task ends, and every blocking send waits. */
const stack = useStack({ gateways: [{ LOG_LEVEL: 'info' }, {}], hasWorker: false });

/** Longer than a blocking send waits for a quick end before it follows the task's events. */
const UNTIL_FOLLOWING_MS = 1_200;

const params = { message: messageFor('echo') };

const CALLS: readonly (Call & { readonly binding: string })[] = [
  { binding: 'JSON-RPC', body: envelope('SendMessage', params) },
  { binding: 'REST', path: '/message:send', body: params },
];

test.each(CALLS)('a client that leaves $binding is no error in the log', async (call) => {
  const left = request(stack.url, { ...call, signal: AbortSignal.timeout(UNTIL_FOLLOWING_MS) });
  await expect(left).rejects.toThrow(/abort|timeout/i);
  await delay(500);
  // The gateway is there, and what it has to say by then it has said.
  expect((await rpc(stack.url, 'GetTask', { id: 'none' })).status).toBe(200);
  expect(stack.gateways[0]!.output()).not.toMatch(/a request failed|"level":[56]0/);
});

test('a gateway that stops says so to those who wait, and it is no error in its log', async () => {
  const [, gateway] = stack.gateways;
  const waiting = CALLS.map((call) =>
    request(stack.otherUrl, { ...call, signal: AbortSignal.timeout(WAIT_MS) }),
  );
  await delay(UNTIL_FOLLOWING_MS);
  await gateway!.stop();
  for (const response of await Promise.all(waiting)) {
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('2');
    expect(await response.text()).toMatch(/the gateway stops.*GATEWAY_STOPPING/);
  }
  expect(gateway!.output()).not.toContain('a request failed');
});
