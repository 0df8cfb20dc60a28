// A skill context without Temporal: records what a skill says and folds its artifacts.

import type {
  Artifact,
  ArtifactOptions,
  ArtifactStream,
  AuthoredPart,
  ContentPart,
  SkillArtifact,
  SkillContext,
  SkillResult,
  StepScope,
} from '../../src/activities/skill';
import { createTaskTools } from '../../src/activities/tools/task-tools';

/** What a client would hold when the skill is done. */
export interface Recorded {
  readonly progress: string[];
  readonly artifacts: Map<string, Artifact<ContentPart>>;
  /** How many pieces each artifact came in. */
  readonly chunks: Map<string, number>;
  /** Artifacts that no further piece may follow. */
  readonly finished: Set<string>;
  /** Questions, and what credentials were asked for. */
  readonly asked: string[];
  /** What tools ended the task with. */
  readonly endings: SkillResult[];
}

export interface FakeContext {
  readonly ctx: SkillContext;
  readonly recorded: Recorded;
}

interface FakeOptions {
  readonly parts: readonly ContentPart[];
  readonly signal?: AbortSignal;
  /** Called with every progress text, e.g. to abort there. */
  readonly onProgress?: (text: string) => void;
  /** To the questions, one after the other. Default: none, and a question fails. */
  readonly answers?: readonly string[];
}

export function fakeContext(options: FakeOptions): FakeContext {
  const recorded: Recorded = {
    progress: [],
    artifacts: new Map(),
    chunks: new Map(),
    finished: new Set(),
    asked: [],
    endings: [],
  };
  const message = { messageId: 'message-1', role: 'ROLE_USER', parts: options.parts } as const;
  const nothing = async (): Promise<IteratorReturnResult<undefined>> => ({
    done: true,
    value: undefined,
  });
  const answer = async (prompt: unknown): Promise<never> => {
    const text = options.answers?.[recorded.asked.length];
    if (text === undefined) throw new Error('nobody answers here');
    recorded.asked.push(typeof prompt === 'string' ? prompt : JSON.stringify(prompt));
    return { messageId: 'answer', role: 'ROLE_USER', parts: [{ text }] } as never;
  };
  const ctx: Omit<SkillContext, 'tools'> = {
    taskId: 'task-1',
    contextId: 'context-1',
    message,
    history: [message],
    messages: { [Symbol.asyncIterator]: () => ({ next: nothing }) },
    referenced: async () => [],
    acceptedOutputModes: [],
    createdAt: new Date(0),
    attempt: 1,
    signal: options.signal ?? new AbortController().signal,
    log: { info: ignore, warn: ignore, error: ignore },
    step: async <T>(name: string, run: (scope: StepScope) => T | Promise<T>) =>
      run({ key: `task-1:${name}`, signal: options.signal ?? new AbortController().signal }),
    sleep: async () => undefined,
    now: async () => new Date(0),
    uuid: async () => '00000000-0000-4000-8000-000000000000',
    progress: async (said) => {
      const text = typeof said === 'string' ? said : JSON.stringify(said);
      recorded.progress.push(text);
      options.onProgress?.(text);
    },
    artifact: (opened) => openFake(opened, recorded),
    saveArtifact: async (artifact) => saveFake(artifact, recorded),
    sendPartialArtifact: async (artifact) => saveFake(artifact, recorded),
    ask: answer,
    requireAuth: answer,
  };
  const tools = createTaskTools({ ...ctx, end: (result) => void recorded.endings.push(result) });
  return { ctx: { ...ctx, tools }, recorded };
}

function ignore(): void {
  // Logs are not looked at.
}

function saveFake(artifact: SkillArtifact, recorded: Recorded): string {
  const artifactId = artifact.artifactId ?? `artifact-${recorded.artifacts.size + 1}`;
  const parts = artifact.parts as readonly ContentPart[];
  recorded.artifacts.set(artifactId, { ...artifact, parts, artifactId });
  recorded.chunks.set(artifactId, 1);
  recorded.finished.add(artifactId);
  return artifactId;
}

function openFake({ mediaType, ...heading }: ArtifactOptions, recorded: Recorded): ArtifactStream {
  const artifactId = heading.artifactId ?? `artifact-${recorded.artifacts.size + 1}`;
  const fold = (said: string | AuthoredPart): void => {
    const part = said as string | ContentPart;
    if (recorded.finished.has(artifactId)) throw new Error(`${artifactId} is finalized`);
    const full =
      typeof part !== 'string'
        ? part
        : { text: part, ...(mediaType === undefined ? {} : { mediaType }) };
    const before = recorded.artifacts.get(artifactId)?.parts ?? [];
    recorded.artifacts.set(artifactId, { ...heading, artifactId, parts: [...before, full] });
    recorded.chunks.set(artifactId, (recorded.chunks.get(artifactId) ?? 0) + 1);
  };
  return {
    artifactId,
    append: async (part) => {
      fold(part);
    },
    pipe: () => Promise.reject(new Error('nothing is piped here')),
    finalize: async (text = '') => {
      fold(text);
      recorded.finished.add(artifactId);
    },
  };
}
