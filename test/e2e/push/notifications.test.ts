// What a notification carries, in either generation, and how its receiver knows from whom it is (A2A §13.2).

import { Webhook } from 'standardwebhooks';
import { result, rpc } from '../../harness/calls';
import { Receiver, type Received } from '../../harness/receiver';
import { useStack } from '../../harness/stack';
import { SECRETS, hasEnd, pushStack, startNotified } from '../../harness/hooks';

const stack = useStack(pushStack('0,0.2,0.4'));
const LEGACY = { 'A2A-Version': '0.3' };

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.close());

interface LegacyTask {
  readonly kind: string;
  readonly id: string;
  readonly status: { readonly state: string };
  readonly artifacts?: readonly { readonly parts: readonly { readonly text: string }[] }[];
}

function textOf({ artifacts = [] }: LegacyTask): string {
  return artifacts.flatMap(({ parts }) => parts.map(({ text }) => text)).join('');
}

describe('a notification', () => {
  test('carries what its receiver has to know it by', async () => {
    const config = { token: 'my-token', authentication: { scheme: 'Bearer', credentials: 'abc' } };
    const task = await startNotified(stack.url, receiver, { skill: 'echo', config });
    await receiver.until('the end', () => hasEnd(receiver));
    expect(receiver.received[0]!.headers).toMatchObject({
      'content-type': 'application/a2a+json',
      authorization: 'Bearer abc',
      'x-a2a-notification-token': 'my-token',
      'webhook-id': `${task.id}.1`,
    });
  });

  test('without credentials and token has no header for them', async () => {
    await startNotified(stack.url, receiver, { skill: 'echo' });
    await receiver.until('the end', () => hasEnd(receiver));
    const { headers } = receiver.received[0]!;
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('x-a2a-notification-token');
  });

  test.each(SECRETS)('is signed for receivers that know %s', async (secret) => {
    await startNotified(stack.url, receiver, { skill: 'echo' });
    await receiver.until('the end', () => hasEnd(receiver));
    for (const { raw, headers } of receiver.received) {
      const signed = headers as Record<string, string>;
      expect(new Webhook(secret).verify(raw, signed)).toEqual(JSON.parse(raw));
    }
  });

  test('of a configuration that was made in 0.3 is the task as of the event', async () => {
    const params = {
      message: {
        kind: 'message',
        messageId: 'm',
        role: 'user',
        parts: [{ kind: 'text', text: 'hi' }],
        metadata: { skillId: 'stream' },
      },
      configuration: {
        blocking: true,
        pushNotificationConfig: {
          url: receiver.url,
          token: 't',
          authentication: { schemes: ['Basic'], credentials: 'eDp5' },
        },
      },
    };
    const { id } = await result(rpc<{ id: string }>(stack.url, 'message/send', params, LEGACY));
    const bodies = (): readonly LegacyTask[] =>
      receiver.received.map(({ raw }) => JSON.parse(raw) as LegacyTask);
    await receiver.until('the end', () => bodies().at(-1)?.status.state === 'completed');
    expect(bodies().every((body) => body.kind === 'task' && body.id === id)).toBe(true);
    expect(bodies()[0]).toMatchObject({ status: { state: 'submitted' } });
    const texts = bodies().map((body) => textOf(body));
    expect(texts.toSorted((a, b) => a.length - b.length)).toEqual(texts);
    expect(texts.at(-1)).toMatch(/^line 1\n.*line 20\n$/s);
    expect(receiver.received[0]!.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Basic eDp5',
      'x-a2a-notification-token': 't',
    });
  });
});

test('the last notification of 0.3 is the task that its readers get, with what was said meanwhile', async () => {
  const say = (text: string, more: object): object => ({
    message: {
      ...{ kind: 'message', messageId: text, role: 'user', parts: [{ kind: 'text', text }] },
      ...more,
    },
  });
  const begun = {
    ...say('please', {
      parts: [
        { kind: 'text', text: 'please' },
        { kind: 'data', data: { events: 12, everyMs: 100 } },
      ],
      metadata: { skillId: 'steps' },
    }),
    configuration: { blocking: false, pushNotificationConfig: { url: receiver.url } },
  };
  const { id } = await result(rpc<{ id: string }>(stack.url, 'message/send', begun, LEGACY));
  await receiver.until('some', () => receiver.taken.length > 4);
  const meanwhile = { ...say('meanwhile', { taskId: id }), configuration: { blocking: false } };
  await result(rpc(stack.url, 'message/send', meanwhile, LEGACY));
  const isEnd = ({ raw }: Received): boolean => raw.includes('"state":"completed"');
  await receiver.until('the end', () => receiver.taken.some(isEnd));
  const task = await result(rpc(stack.url, 'tasks/get', { id }, LEGACY));
  expect(JSON.parse(receiver.taken.find(isEnd)!.raw)).toEqual(task);
});
