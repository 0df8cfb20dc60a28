// Lists that nobody needs: refused by their length, in few words, whatever they hold.

import { http, messageFor, rpc } from '../../harness/calls';
import { useStack } from '../../harness/stack';
import type { WireError } from '../../harness/wire';

const MANY = Array.from({ length: 300_000 }, (_, index) => index);
const SHORT_ANSWER = 2_000;

const stack = useStack({ hasWorker: false });

describe.each(['referenceTaskIds', 'extensions', 'parts'])('300,000 numbers as %s', (field) => {
  test.each(['/', '/message:send'])('are refused in few words at %s', async (path) => {
    const message = messageFor('echo', {}, { [field]: MANY });
    const body =
      path === '/'
        ? { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }
        : { message };
    const answer = await http<{ readonly error: WireError }>(stack.url, { path, body });
    expect(answer.body.error.message).toMatch(/must have at most \d+ items/);
    expect(JSON.stringify(answer.body).length).toBeLessThan(SHORT_ANSWER);
  });
});

describe.each([
  {
    what: 'more than 50,000 names',
    value: Object.fromEntries(MANY.slice(0, 50_000).map((n) => [n, n])),
  },
  { what: 'more than 200,000 objects', value: MANY.slice(0, 200_000).map(() => ({})) },
  // Fault suite, row 23: as many as a body of 10 MiB may hold kept everybody waiting for half a second.
  { what: 'more than a million values', value: Array.from({ length: 1_000_000 }, () => 0) },
])('$what in a body', ({ value }) => {
  test.each(['/', '/message:send'])('are refused in few words at %s', async (path) => {
    const message = messageFor('echo', {}, { metadata: { value, a: 1, b: 2, c: 3 } });
    const params = { message };
    const body = path === '/' ? { jsonrpc: '2.0', id: 1, method: 'SendMessage', params } : params;
    const answer = await http<{ readonly error: WireError }>(stack.url, { path, body });
    expect(answer.body.error.message).toMatch(
      /the body has more than \d+ (names|objects and lists|values)/,
    );
    expect(JSON.stringify(answer.body).length).toBeLessThan(SHORT_ANSWER);
  });
});

test('of many faults the first ten are told, and how many there are', async () => {
  const message = messageFor('echo', {}, { parts: MANY.slice(0, 900) });
  const { body } = await rpc(stack.url, 'SendMessage', { message });
  const lines = body.error!.message.split('\n');
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toBe('and 890 more');
});

test('a part whose data is null holds nothing', async () => {
  const message = messageFor('echo', {}, { parts: [{ data: null }] });
  const { body } = await rpc(stack.url, 'SendMessage', { message });
  expect(body.error?.code).toBe(-32602);
  expect(body.error?.message).toContain('exactly one of text, raw, url, data');
});
