// The tasks whose histories are kept, by the names of their files, and what their callers do.

import type { TurnLimits } from '../../src/workflows/contract';
import type { Inherited } from '../../src/workflows/recorded';
import type { Json, JsonObject, TaskState } from '../../src/workflows/task';

export interface Scenario {
  readonly skillId: string;
  readonly options?: Readonly<Record<string, Json>>;
  readonly limits?: Partial<TurnLimits>;
  /** What a caller does until the task ends by itself. */
  drive?(task: Driven): Promise<void>;
  /**
   * Loses the first worker of the task: its heartbeats stop, before it runs the skill or while it does, or
   * it does not have the skill.
   */
  readonly losesWorker?: 'idle' | 'running' | 'lacking';
  /** On a server that suggests to continue as new after a few events. */
  readonly seams?: boolean;
  /** Without a task. */
  readonly replies?: true;
  /** It goes on where another task has failed, which had come so far. */
  readonly inherited?: Inherited;
  /** A webhook follows it, whose receiver refuses the first event once: its history is `notified`. */
  readonly isNotified?: true;
}

export interface Driven {
  until(state: TaskState, times?: number): Promise<void>;
  say(text: string): Promise<void>;
  /** As whoever opens the address of the question does. */
  goOn(question: number): Promise<void>;
  cancel(metadata?: JsonObject): Promise<void>;
}

async function answers({ until, say }: Driven): Promise<void> {
  await until('input-required');
  await say('Ada');
  await until('input-required', 2);
  await say('old');
  await until('input-required', 3);
  await say('36');
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  completed: { skillId: 'stream', options: { chunks: 5, everyMs: 120 } },
  failed: { skillId: 'fails' },
  rejected: { skillId: 'rejects' },
  'no-such-skill': { skillId: 'nobody-has-it', limits: { maximumAttempts: 1, lackingMs: 300 } },
  'handed-on': { skillId: 'five', losesWorker: 'lacking' },
  'time-limit': { skillId: 'hangs', limits: { timeoutMs: 300, cancelGraceMs: 100 } },
  canceled: {
    skillId: 'steps',
    async drive({ until, cancel }) {
      await until('working', 2);
      await cancel();
    },
  },
  'canceled-abandoned': {
    skillId: 'deaf',
    limits: { cancelGraceMs: 200 },
    async drive({ until, cancel }) {
      await until('working');
      await cancel();
    },
  },
  'canceled-waiting': {
    skillId: 'asks',
    async drive({ until, cancel }) {
      await until('input-required');
      await cancel();
    },
  },
  'canceled-with-metadata': {
    skillId: 'asks',
    async drive({ until, cancel }) {
      await until('input-required');
      await cancel({ reason: 'no longer needed' });
    },
  },
  'threw-and-retried': { skillId: 'throws' },
  'worker-lost': {
    skillId: 'five',
    limits: { heartbeatTimeoutMs: 1_000 },
    losesWorker: 'idle',
  },
  stepped: { skillId: 'journaled', options: { steps: 4 } },
  'taken-over': {
    skillId: 'journaled',
    options: { steps: 4, haltAfter: 6 },
    limits: { heartbeatTimeoutMs: 1_000 },
    losesWorker: 'running',
  },
  slept: { skillId: 'sleeps', options: { ms: 3_000 } },
  packed: { skillId: 'fills' },
  'asked-and-answered': { skillId: 'asks', drive: answers },
  'asked-and-never-answered': { skillId: 'asks', limits: { answerTimeoutMs: 200 } },
  'message-while-working': {
    skillId: 'steps',
    options: { events: 5, everyMs: 120 },
    async drive({ until, say }) {
      await until('working', 2);
      await say('nobody reads this');
    },
  },
  auth: {
    skillId: 'needs-auth',
    async drive({ until, say }) {
      await until('auth-required');
      await say('signed in');
    },
  },
  'auth-continued': {
    skillId: 'signs-in',
    async drive({ until, goOn, say }) {
      await until('auth-required');
      await goOn(0);
      await until('auth-required', 2);
      await say('signed in');
    },
  },
  continued: { skillId: 'asks', drive: answers, seams: true },
  'messages-read': {
    skillId: 'listens',
    options: { count: 2, thenAsks: true },
    async drive({ until, say }) {
      await until('working', 2);
      await say('one');
      await say('two');
      await until('input-required');
      await say('three');
    },
  },
  retried: {
    skillId: 'asks',
    seams: true,
    inherited: {
      history: [
        { messageId: 'old:3', role: 'ROLE_AGENT', parts: [{ text: 'What is your name?' }] },
        { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'Ada' }] },
      ],
      artifacts: [{ artifactId: 'a', parts: [{ text: 'so far' }] }],
      journal: [{ kind: 'mark', said: {} }],
    },
    async drive({ until, say }) {
      await until('input-required');
      await say('old');
      await until('input-required', 2);
      await say('36');
    },
  },
  watched: { skillId: 'asks', drive: answers, isNotified: true },
  replied: { skillId: 'answer', replies: true },
  'replied-failed': { skillId: 'answer', options: { ending: 'failed' }, replies: true },
};
