// The scenarios that every official client goes through on every binding.

import { randomUUID } from 'node:crypto';
import { eventually } from '../harness/eventually';
import { EXTENDED_DESCRIPTION } from '../harness/extended-card';
import { lines } from '../harness/frames';
import { all, begun } from './client';
import { CURSOR } from './dialects/dialect';
import type { Binding } from './driver';
import { PUSH_SCENARIOS } from './push-scenarios';
import { ENDLESS, refusal, say, to, type Scenario } from './scenario';
import { artifactTexts, lastState, progressOf, seqsOf, textOf, textsOf } from './seen';

const TRANSPORTS: Readonly<Record<Binding, RegExp>> = {
  JSONRPC: /json-?rpc/i,
  'HTTP+JSON': /rest|http\+json/i,
  GRPC: /grpc/i,
};

const FILE = {
  bytes: Buffer.from([0, 1, 254, 255, 10]).toString('base64'),
  name: 'five bytes.bin',
  mediaType: 'application/x-five',
};
const PIECES = [{ text: 'grüße 🚀' }, { data: { a: { b: [1, 'two', true] } } }, { file: FILE }];

const TASKS: readonly Scenario[] = [
  {
    name: 'finds the agent by its card and speaks the binding that it prefers',
    async run({ client, binding }) {
      const { card, transport } = await client.chosen();
      expect(card.name).toBe('Longhaul');
      expect(card.skills.map(({ id }) => id)).toContain('tutorial');
      expect(transport).toMatch(TRANSPORTS[binding]);
    },
  },
  {
    name: 'a send brings the finished task',
    async run({ client }) {
      expect(await client.send(to('echo'))).toMatchObject({ state: 'completed', text: 'please' });
    },
  },
  {
    name: 'a send that does not wait brings the task as it begins; get shows its end',
    async run({ client }) {
      const options = { waits: false };
      const { id, state } = await client.send(to('steps', { events: 4, everyMs: 100 }), options);
      expect(['submitted', 'working']).toContain(state);
      await eventually(async () => {
        expect(await client.get(id)).toMatchObject({ state: 'completed', text: 'done' });
      });
    },
  },
  {
    name: 'a question is answered in the same task',
    async run({ client }) {
      const asked = await client.send(to('asks'));
      expect(asked).toMatchObject({ state: 'input-required', text: 'What is your name?' });
      const { id: taskId, contextId } = asked;
      const again = await client.send(say('Ada', { taskId, contextId }));
      expect(again).toMatchObject({ id: taskId, contextId, text: 'How old are you?' });
      const done = await client.send(say('36', { taskId, contextId }));
      expect(done).toMatchObject({ id: taskId, state: 'completed', text: 'Ada is 36' });
    },
  },
  {
    name: 'historyLength brings the whole history, its end, or none of it',
    async run({ client }) {
      const { id } = await client.send(to('five'));
      const whole = (await client.get(id)).history.map(({ pieces }) => textOf(pieces));
      expect(whole).toEqual(['please', ...[1, 2, 3, 4, 5].map((n) => `progress ${String(n)}`)]);
      const end = (await client.get(id, 2)).history.map(({ pieces }) => textOf(pieces));
      expect(end).toEqual(whole.slice(-2));
    },
  },
  {
    name: 'data and files come back as they were sent',
    async run({ client, official, binding }) {
      const { id, history, artifacts } = await client.send({ skill: 'mirror', pieces: PIECES });
      const isNameless = official.loses?.('file names', binding) === true;
      const file = isNameless ? { ...FILE, name: '' } : FILE;
      const pieces = [...PIECES.slice(0, 2), { file }];
      expect(history[0]?.pieces).toEqual(pieces);
      expect(artifacts).toMatchObject([{ name: 'mirror', pieces }]);
      expect((await client.get(id)).artifacts).toEqual(artifacts);
    },
  },
  {
    name: 'a skill that replies answers with a message, to a send and to a stream',
    async run({ client }) {
      const reply = { kind: 'message', pieces: [{ text: 'please, attempt 1' }] };
      expect(await client.ask(to('answer'))).toEqual(reply);
      expect(await all(client.stream(to('answer')))).toEqual([reply]);
    },
  },
  {
    name: 'the tasks of a context are listed',
    isFor: (official, binding) => official.can('list', binding),
    async run({ client }) {
      const contextId = randomUUID();
      const tasks = [
        await client.send(to('echo', {}, { contextId })),
        await client.send(to('echo', {}, { contextId })),
      ];
      await eventually(async () => {
        expect(await client.list(contextId)).toEqual(tasks.map(({ id }) => id).toReversed());
      });
    },
  },
];

const STREAMS: readonly Scenario[] = [
  {
    name: 'a stream of chunks adds up to the artifact that get gives',
    async run({ client, official, binding }) {
      const events = await all(client.stream(to('stream', { chunks: 6, everyMs: 60 })));
      const { id } = events[0] as { id: string };
      const chunks = events.flatMap((event) => (event.kind === 'artifact' ? [event] : []));
      expect(chunks.length).toBeGreaterThan(2);
      expect(chunks.map(({ last }) => last).indexOf(true)).toBe(chunks.length - 1);
      expect(chunks.map(({ artifact }) => textOf(artifact.pieces)).join('')).toBe(lines(6));
      const held = { [chunks[0]!.artifact.id]: lines(6) };
      expect(artifactTexts(await client.get(id))).toEqual(held);
      if (official.loses?.('append', binding) === true) return;
      expect(chunks.map(({ append }) => append).lastIndexOf(false)).toBe(0);
      expect(textsOf(events)).toEqual(held);
      for (const event of events) {
        if (event.kind === 'assembled') expect(artifactTexts(event.task)).toEqual(held);
      }
    },
  },
  {
    name: 'a stream ends at a question, and a streamed answer brings what follows it',
    async run({ client }) {
      const events = await all(client.stream(to('asks')));
      expect(lastState(events)).toBe('input-required');
      const { id: taskId, contextId } = events[0] as { id: string; contextId: string };
      const answered = await all(client.stream(say('Ada', { taskId, contextId })));
      expect(progressOf(answered)).toEqual(['hello Ada', 'How old are you?']);
      await client.cancel(taskId);
    },
  },
  {
    name: 'a cancel ends the stream and the subscription on the other gateway with canceled',
    async run({ client }) {
      const stream = client.stream(ENDLESS);
      const { id } = await begun(stream);
      const subscription = client.subscribe(id, { gateway: 1 });
      await begun(subscription);
      const [own, others, task] = await Promise.all([
        all(stream),
        all(subscription),
        client.cancel(id),
      ]);
      expect([lastState(own), lastState(others), task.state]).toEqual(Array(3).fill('canceled'));
    },
  },
  {
    name: 'a subscription on the other gateway brings the events of the stream',
    async run({ client }) {
      const stream = client.stream(to('steps', { events: 8, everyMs: 100 }));
      const { id } = await begun(stream);
      const [own, [snapshot, ...updates]] = await Promise.all([
        all(stream),
        all(client.subscribe(id, { gateway: 1 })),
      ]);
      const { seq } = snapshot as { seq: number };
      const later = own.filter((event) => 'seq' in event && event.seq > seq);
      expect(later.length).toBeGreaterThan(2);
      expect(updates.filter(({ kind }) => kind !== 'assembled')).toEqual(later);
    },
  },
  {
    name: 'a stream is resumed on the other gateway after the last event that was seen',
    isFor: (official, binding) => official.can('headers', binding),
    async run({ client }) {
      const events = await all(client.stream(to('five')));
      const { id } = events[0] as { id: string };
      const headers = { 'Last-Event-ID': '3' };
      const [snapshot, ...missed] = await all(client.subscribe(id, { gateway: 1, headers }));
      expect(snapshot).toMatchObject({ kind: 'task', id, seq: 3 });
      expect(seqsOf(missed)).toEqual(seqsOf(events).filter((seq) => seq > 3));
      expect(lastState(missed)).toBe('completed');
    },
  },
  {
    name: 'the tutorial brings four steps in order, one artifact, and completed',
    async run({ tutorial }) {
      const events = await tutorial;
      expect(progressOf(events)).toEqual([
        '🚀 Initializing... (1/4)',
        '📊 Processing your request... (2/4)',
        '🔍 Analyzing data... (3/4)',
        '📝 Generating response... (4/4)',
      ]);
      const artifacts = events.flatMap((e) => (e.kind === 'artifact' ? [e.artifact] : []));
      expect(artifacts.map(({ name }) => name)).toEqual(['processing_result']);
      expect(textOf(artifacts[0]!.pieces)).toMatch(/^✅ Completed processing: 'Process my data'/);
      expect(lastState(events)).toBe('completed');
    },
  },
];

const REFUSALS: readonly Scenario[] = [
  {
    name: 'a task that nobody knows is its TaskNotFound',
    async run({ client, official, binding }) {
      const { notFound } = official.errors[binding];
      const unknown = randomUUID();
      expect(await refusal(client.get(unknown))).toMatch(notFound);
      expect(await refusal(client.cancel(unknown))).toMatch(notFound);
      expect(await refusal(client.send(to('echo', {}, { taskId: unknown })))).toMatch(notFound);
    },
  },
  {
    name: 'a finished task is its TaskNotCancelable',
    async run({ client, official, binding }) {
      const { id } = await client.send(to('echo'));
      expect(await refusal(client.cancel(id))).toMatch(official.errors[binding].notCancelable);
    },
  },
];

const EXTENSIONS: readonly Scenario[] = [
  {
    name: 'an extension that it asks for by header is taken; every event carries its number',
    isFor: (official, binding) => official.can('headers', binding),
    async run({ client, official }) {
      const name = official.dialect.version === '1.0' ? 'A2A-Extensions' : 'X-A2A-Extensions';
      const events = await all(client.stream(to('five'), { headers: { [name]: CURSOR } }));
      const numbered = events.filter(({ kind }) => kind !== 'assembled');
      expect(seqsOf(numbered)).toEqual(numbered.map((_, index) => index + 1));
    },
  },
  {
    name: 'the extended card is had once the agent is asked for it',
    isFor: (official, binding) => official.can('extendedCard', binding),
    async run({ client }) {
      expect(await client.extendedCard()).toMatchObject({ description: EXTENDED_DESCRIPTION });
    },
  },
];

export const SCENARIOS: readonly Scenario[] = [
  ...TASKS,
  ...STREAMS,
  ...REFUSALS,
  ...EXTENSIONS,
  ...PUSH_SCENARIOS,
];
