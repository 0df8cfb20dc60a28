// What goes in and out: a skill's input modes, and the output modes that a caller would like (A2A §3.1.1, §3.2.2).

import { randomUUID } from 'node:crypto';
import { answerTo, http, messageFor, rpc, send, type Headings } from '../harness/calls';
import { useStack } from '../harness/stack';
import { textOf, type WireMessage, type WireTask } from '../harness/wire';

const stack = useStack();

const MODES = { configuration: { acceptedOutputModes: ['text/markdown', 'image/*'] } } as const;
const TOLD = JSON.stringify(MODES.configuration.acceptedOutputModes);
const LEGACY: Headings = { 'A2A-Version': '0.3' };

/** The part twice: as 1.0 and as both bindings of 0.3 write a file. */
function messages(mediaType: string) {
  const base = { messageId: randomUUID(), metadata: { skillId: 'picky' } };
  const bytes = 'aGVsbG8=';
  const file = { fileWithBytes: bytes, mimeType: mediaType };
  return {
    v1: messageFor('picky', {}, { parts: [{ text: 'hello' }, { raw: bytes, mediaType }] }),
    rpc: {
      ...{ ...base, kind: 'message', role: 'user' },
      parts: [{ kind: 'file', file: { bytes, mimeType: mediaType } }],
    },
    rest: { ...base, role: 'ROLE_USER', content: [{ file }] },
  };
}

interface Told {
  readonly task?: WireTask;
  readonly error?: { readonly code: number; readonly message: string };
}

interface Ways {
  readonly dialect: string;
  send(mediaType: string): Promise<{ readonly status: number; readonly body: Told }>;
  /** HTTP status and code of the refusal. */
  readonly refusal: readonly [number, number];
}

const rpcSend = async (method: string, params: object, headers: Headings = {}) => {
  const { status, body } = await rpc<{ task?: WireTask }>(stack.url, method, params, headers);
  const { result, error } = body;
  return { status, body: { ...result, ...(error && { error }) } };
};

const WAYS: readonly Ways[] = [
  {
    dialect: 'JSON-RPC 1.0',
    send: (type) => rpcSend('SendMessage', { message: messages(type).v1 }),
    refusal: [200, -32005],
  },
  {
    dialect: 'REST 1.0',
    send: (type) =>
      http(stack.url, { path: '/message:send', body: { message: messages(type).v1 } }),
    refusal: [400, 400],
  },
  {
    dialect: 'JSON-RPC 0.3',
    send: (type) => rpcSend('message/send', { message: messages(type).rpc }, LEGACY),
    refusal: [200, -32005],
  },
  {
    dialect: 'REST 0.3',
    send: (type) =>
      http(stack.url, {
        path: '/v1/message:send',
        body: { message: messages(type).rest },
        headers: LEGACY,
      }),
    refusal: [400, 400],
  },
];

describe.each(WAYS)('a skill with input modes, over $dialect', (way) => {
  test.each(['image/png', 'IMAGE/svg+xml; charset=utf-8', 'text/csv'])('takes %s', async (type) => {
    const { status, body } = await way.send(type);
    expect(body.error).toBeUndefined();
    expect(status).toBe(200);
  });

  test('refuses a part of another type, and says which and what it takes', async () => {
    const { status, body } = await way.send('application/pdf');
    expect([status, body.error?.code]).toEqual(way.refusal);
    expect(body.error?.message).toMatch(
      /message\.parts\[\d\]\.mediaType: the skill "picky" does not take "application\/pdf"; it takes image\/\*, /,
    );
  });
});

test('a stream is refused too, before any event', async () => {
  const body = { message: messages('application/pdf').v1 };
  const { status } = await http(stack.url, { path: '/message:stream', body });
  expect(status).toBe(400);
});

test('an answer to a question may be of any type: what the skill takes is its schema', async () => {
  const task = await send(stack.url, messageFor('asks'));
  const parts = [{ raw: 'aGVsbG8=', mediaType: 'application/pdf' }];
  const answered = await send(stack.url, { ...answerTo(task, ''), parts });
  expect(answered.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
});

describe('the shipped skills', () => {
  const sendFile = (file: object) => {
    const parts = [{ raw: Buffer.from('a,b\n1,2\n').toString('base64'), ...file }];
    const message: WireMessage = { messageId: randomUUID(), role: 'ROLE_USER', parts };
    return rpc<{ task: WireTask }>(stack.url, 'SendMessage', { message });
  };

  test.each(['text/csv', 'application/vnd.ms-excel', 'application/octet-stream', 'text/plain'])(
    'report on a CSV file that calls itself %s',
    async (mediaType) => {
      const { body } = await sendFile({ mediaType, filename: 'table.csv' });
      expect(body.result?.task).toMatchObject({
        metadata: { skillId: 'report' },
        status: { state: 'TASK_STATE_COMPLETED' },
      });
    },
  );

  test('take no file that none of them reads', async () => {
    const { body } = await sendFile({ mediaType: 'application/x-unheard-of' });
    expect(body.error?.code).toBe(-32005);
  });
});

describe('accepted output modes', () => {
  const endOf = async (message: WireMessage, more: object): Promise<string> => {
    const answer = await rpc<{ task: WireTask }>(stack.url, 'SendMessage', { message, ...more });
    return textOf(answer.body.result?.task.status.message?.parts);
  };

  test('reach the skill, and are never a reason to refuse', async () => {
    expect(await endOf(messageFor('picky'), MODES)).toBe(TOLD);
  });

  test('are none when the caller does not say', async () => {
    expect(await endOf(messageFor('picky'), {})).toBe('[]');
  });

  test('are the same after a retry and after an answer', async () => {
    const message = messageFor('picky-twice');
    const asked = await rpc<{ task: WireTask }>(stack.url, 'SendMessage', { message, ...MODES });
    const { task } = asked.body.result!;
    expect(task.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    expect(textOf((await send(stack.url, answerTo(task, 'go on'))).status.message?.parts)).toBe(
      TOLD,
    );
  });

  test('reach a skill that replies', async () => {
    const message = messageFor('answer', { tellsModes: true });
    const { body } = await rpc<{ message: WireMessage }>(stack.url, 'SendMessage', {
      message,
      ...MODES,
    });
    expect(textOf(body.result?.message.parts)).toBe(TOLD);
  });

  test('reach the skill over both bindings of 0.3', async () => {
    const { rpc: overRpc, rest } = messages('image/png');
    const first = await rpcSend('message/send', { message: overRpc, ...MODES }, LEGACY);
    const second = await http<{ task: { status: { message: { content: WireMessage['parts'] } } } }>(
      stack.url,
      {
        path: '/v1/message:send',
        body: {
          message: rest,
          configuration: {
            blocking: true,
            accepted_output_modes: MODES.configuration.acceptedOutputModes,
          },
        },
        headers: LEGACY,
      },
    );
    const { status } = first.body as unknown as WireTask;
    expect(textOf(status.message?.parts)).toBe(TOLD);
    expect(textOf(second.body.task.status.message.content)).toBe(TOLD);
  });

  test('that are more than a task keeps are refused', async () => {
    const acceptedOutputModes = Array.from({ length: 100 }, () => 'x'.repeat(100));
    const { body } = await rpc(stack.url, 'SendMessage', {
      message: messageFor('picky'),
      configuration: { acceptedOutputModes },
    });
    expect(body.error?.code).toBe(-32602);
    expect(body.error?.message).toContain('configuration.acceptedOutputModes: is 10301 bytes');
  });
});
