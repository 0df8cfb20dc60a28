// A task that waits for credentials goes on without a message of its client (A2A §7.6.1).

import { randomUUID } from 'node:crypto';
import { answerTo, getTask, messageFor, request, rpc, send, sendAndLeave } from '../harness/calls';
import { untilAnswer } from '../harness/eventually';
import { expectEveryId, stateOf } from '../harness/frames';
import { readSse } from '../harness/sse';
import { TWO_GATEWAYS, useStack } from '../harness/stack';
import { streamMessage, subscribe } from '../harness/stream';
import { post, urlOf, visit } from '../harness/visits';
import { textOf, type LegacyEvent, type WireTask } from '../harness/wire';
import { ask as askPlain } from './edges/plain-request';

const stack = useStack(TWO_GATEWAYS);

const AUTH_REQUIRED = 'TASK_STATE_AUTH_REQUIRED';
const COMPLETED = 'TASK_STATE_COMPLETED';

const THANKS = 'Thank you. The task goes on; you can close this page.';
const BEFORE = 'The task was told before and has gone on.';
const MOVED_ON = 'does not wait for this any more';

const begin = (): Promise<WireTask> => send(stack.url, messageFor('signs-in'));

/** The task when it waits for the second credentials, or has ended. */
const settled = (id: string, before: string): Promise<WireTask> =>
  untilAnswer(
    'the task to go on',
    () => getTask(stack.url, id),
    ({ status }) => status.timestamp !== before && status.state !== 'TASK_STATE_WORKING',
  );

/** At the other gateway, which has not started the task. */
const elsewhere = (url: string): string => stack.otherUrl + new URL(url).pathname;

describe('a visit', () => {
  test('continues the task, at any gateway, and each question has its own address', async () => {
    const task = await begin();
    expect(task.status.state).toBe(AUTH_REQUIRED);
    const first = urlOf(task);
    expect(new URL(first).origin).toBe(stack.url);
    expect(await visit(elsewhere(first))).toMatchObject({ status: 200 });
    const asked = await settled(task.id, task.status.timestamp);
    expect(textOf(asked.status.message?.parts)).toBe('Please sign in to the calendar');
    expect(urlOf(asked)).not.toBe(first);
    expect(await post(urlOf(asked))).toMatchObject({ status: 200 });
    const ended = await settled(task.id, asked.status.timestamp);
    expect(textOf(ended.status.message?.parts)).toBe('authorized, authorized');
  });

  test('by GET is answered by a page that leads nowhere and is kept nowhere', async () => {
    const { status, text, headers } = await visit(urlOf(await begin()));
    expect(status).toBe(200);
    expect(text).toContain(`<p>${THANKS}</p>`);
    expect(headers.get('Content-Type')).toMatch(/^text\/html/);
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(headers.get('Cache-Control')).toBe('no-store');
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  test('by POST is answered in JSON', async () => {
    const { text, headers } = await post(urlOf(await begin()));
    expect(headers.get('Content-Type')).toMatch(/^application\/json/);
    expect(JSON.parse(text)).toEqual({ status: 'continued', message: THANKS });
  });

  test('is recorded as an answer that holds nothing of the request', async () => {
    const task = await begin();
    const url = `${urlOf(task)}?code=SECRET1&state=x`;
    const body = new URLSearchParams({ code: 'SECRET2' });
    expect(await post(url, { body })).toMatchObject({ status: 200 });
    const { history = [] } = await settled(task.id, task.status.timestamp);
    expect(JSON.stringify(history)).not.toContain('SECRET');
    const answer = history.filter(({ role }) => role === 'ROLE_USER').at(-1);
    expect(answer).toMatchObject({
      parts: [{ text: 'authorized' }],
      metadata: { 'urn:longhaul:a2a:continuation:1': { question: 0 } },
    });
  });

  test('counts once, however often and wherever it is repeated', async () => {
    const task = await begin();
    const url = urlOf(task);
    const both = await Promise.all([url, elsewhere(url), url, elsewhere(url)].map((u) => post(u)));
    expect(both.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const asked = await settled(task.id, task.status.timestamp);
    expect(asked.status.state).toBe(AUTH_REQUIRED);
    expect((await visit(url)).text).toContain(BEFORE);
    expect(JSON.parse((await post(elsewhere(url))).text)).toEqual({
      status: 'continued-before',
      message: BEFORE,
    });
    const { status, history = [] } = await getTask(stack.url, task.id);
    expect(status).toEqual(asked.status);
    expect(history.filter(({ role }) => role === 'ROLE_USER')).toHaveLength(2);
  });

  test('says after the end of the task that it counted', async () => {
    const task = await begin();
    await post(urlOf(task));
    const asked = await settled(task.id, task.status.timestamp);
    await post(urlOf(asked));
    await settled(task.id, asked.status.timestamp);
    for (const each of [task, asked]) {
      expect(await visit(urlOf(each))).toMatchObject({
        status: 200,
        text: expect.stringContaining(BEFORE) as string,
      });
    }
  });

  test('comes from a page of another origin, or of none', async () => {
    for (const Origin of ['https://idp.example', 'null']) {
      const url = urlOf(await begin());
      expect(await post(url, { headers: { Origin } })).toMatchObject({ status: 200 });
    }
  });
});

describe('a visit that comes too late', () => {
  const expectGone = async (url: string): Promise<void> => {
    const [page, json] = [await visit(url), await post(url)];
    expect([page.status, json.status]).toEqual([410, 410]);
    expect(page.text).toContain(MOVED_ON);
    expect(JSON.parse(json.text)).toMatchObject({ status: 'gone' });
  };

  test('after the client has answered', async () => {
    const task = await begin();
    await send(stack.url, answerTo(task, 'here you are'));
    await expectGone(urlOf(task));
  });

  test('after the task was canceled', async () => {
    const task = await begin();
    await rpc(stack.url, 'CancelTask', { id: task.id });
    await expectGone(urlOf(task));
  });
});

describe('no visit', () => {
  const PREFETCHES: readonly Record<string, string>[] = [
    { 'Sec-Purpose': 'prefetch' },
    { 'Sec-Purpose': 'prefetch;prerender' },
    { Purpose: 'prefetch' },
    { 'X-Moz': 'prefetch' },
  ];

  test('is a look ahead of a browser, nor HEAD, nor another method', async () => {
    const task = await begin();
    const url = urlOf(task);
    for (const headers of PREFETCHES) {
      expect(await visit(url, { headers })).toMatchObject({ status: 503 });
    }
    expect(await visit(url, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    const other = await visit(url, { method: 'PUT' });
    expect([other.status, other.headers.get('Allow')]).toEqual([405, 'GET, HEAD, POST']);
    expect((await getTask(stack.url, task.id)).status).toEqual(task.status);
  });

  test('is a token that was made by somebody else', async () => {
    const task = await begin();
    const url = urlOf(task);
    const token = url.split('/').at(-1)!;
    const forge = (at: number): string => {
      const other = token[at] === 'A' ? 'B' : 'A';
      return token.slice(0, at) + other + token.slice(at + 1);
    };
    const bytes = Buffer.from(token, 'base64url');
    const content = bytes.subarray(16).toString().replace(/0\]$/, '1]');
    const renamed = Buffer.concat([bytes.subarray(0, 16), Buffer.from(content)]);
    const forged = [
      forge(0),
      forge(20),
      forge(30),
      `${token}A`,
      token.slice(0, -4),
      renamed.toString('base64url'),
      'A'.repeat(60),
    ];
    for (const each of forged) {
      const at = url.replace(token, each);
      expect((await visit(at)).status).toBe(404);
      expect((await post(at)).status).toBe(404);
      expect((await visit(at, { method: 'HEAD' })).status).toBe(404);
    }
    expect((await getTask(stack.url, task.id)).status).toEqual(task.status);
  });

  test('is one under a name that is not the gateway’s', async () => {
    const task = await begin();
    const { pathname } = new URL(urlOf(task));
    const answer = await askPlain(stack.url, { path: pathname, headers: { Host: 'evil.example' } });
    expect(answer.status).toBe(403);
    expect((await getTask(stack.url, task.id)).status).toEqual(task.status);
  });
});

describe('meanwhile', () => {
  test('streams of 1.0 stay open, on both gateways, and see the task go on', async () => {
    const stream = await streamMessage(stack.url, messageFor('signs-in'));
    const { event } = await stream.until('the question', (f) => stateOf(f) === AUTH_REQUIRED);
    const other = await subscribe(stack.otherUrl, stream.task.id);
    const { status } = event.statusUpdate!;
    await post(urlOf({ ...stream.task, status }));
    const again = await stream.until(
      'the second question',
      (f) =>
        stateOf(f) === AUTH_REQUIRED && f.event.statusUpdate!.status.timestamp > status.timestamp,
    );
    await post(urlOf({ ...stream.task, status: again.event.statusUpdate!.status }));
    const frames = await stream.toEnd();
    expectEveryId(frames);
    const states = frames.map(stateOf);
    expect(states.slice(states.indexOf(AUTH_REQUIRED))).toEqual([
      AUTH_REQUIRED,
      'TASK_STATE_WORKING',
      'TASK_STATE_WORKING',
      AUTH_REQUIRED,
      'TASK_STATE_WORKING',
      'TASK_STATE_WORKING',
      COMPLETED,
    ]);
    const seen = await other.toEnd();
    const ids = seen.map(({ id }) => id);
    expect(seen.map(({ event }) => event).slice(1)).toEqual(
      frames
        .filter(({ id }) => ids.includes(id))
        .map(({ event }) => event)
        .slice(1),
    );
  });

  test('a stream of 0.3 stays open too', async () => {
    const message = {
      ...{ kind: 'message', messageId: randomUUID(), role: 'user' },
      parts: [{ kind: 'text', text: 'hello' }],
      metadata: { skillId: 'signs-in' },
    };
    const body = { jsonrpc: '2.0', id: 1, method: 'message/stream', params: { message } };
    const response = await request(stack.url, { body, headers: { 'A2A-Version': '0.3' } });
    const states: string[] = [];
    const visits: number[] = [];
    for await (const { data } of readSse(response)) {
      const { result } = data as { readonly result: LegacyEvent };
      if (result.kind !== 'status-update') continue;
      states.push(`${result.status.state} ${String(result.final)}`);
      const file = result.status.message?.parts.find((part) => part.kind === 'file')?.file;
      if (file !== undefined) visits.push((await post(file.uri)).status);
    }
    expect(visits).toEqual([200, 200]);
    expect(states).toEqual([
      'working false',
      'auth-required false',
      'working false',
      'working false',
      'auth-required false',
      'working false',
      'working false',
      'completed true',
    ]);
  });

  test('the tenant of the task is that of its address', async () => {
    const sent = await rpc<{ task: WireTask }>(stack.url, 'SendMessage', {
      tenant: 'a',
      message: messageFor('signs-in'),
    });
    expect(await post(urlOf(sent.body.result!.task))).toMatchObject({ status: 200 });
  });
});

/** Last: it takes the worker away. */
describe('while no worker runs', () => {
  test('a visit is asked to come again, and then counts', async () => {
    const task = await begin();
    await sendAndLeave(stack.url, messageFor('echo'));
    await stack.worker.stop();
    const from = Date.now();
    const page = await visit(urlOf(task));
    expect(page.status).toBe(503);
    expect(page.text).toContain('Please try again');
    expect(page.headers.get('Retry-After')).toBe('2');
    expect(Date.now() - from).toBeLessThan(3_500);
    await stack.startWorker();
    expect((await post(elsewhere(urlOf(task)))).status).toBe(200);
    const asked = await settled(task.id, task.status.timestamp);
    expect(textOf(asked.status.message?.parts)).toBe('Please sign in to the calendar');
  });
});
