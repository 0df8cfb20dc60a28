// The reducer: every record of a history, what it makes of the task, and what clients are told.

import { AGENT_MESSAGES_KEPT } from '../../src/workflows/apply-event';
import { FORMAT, type ArtifactEmission, type Emission } from '../../src/workflows/emission';
import {
  checkpointOf,
  foldTask,
  type Decision,
  type Recorded,
  type TaskFold,
} from '../../src/workflows/task-state';
import {
  NEXT,
  TaskState,
  isInterrupted,
  isTerminal,
  type Message,
  type Task,
  type TaskEvent,
} from '../../src/workflows/task';

const T0 = Date.UTC(2026, 0, 1);
const STATES = Object.values(TaskState);

const userMessage = (messageId: string, text = messageId): Message => ({
  messageId,
  role: 'ROLE_USER',
  parts: [{ text }],
});

const created: Recorded = {
  kind: 'created',
  at: T0,
  taskId: 'task-1',
  contextId: 'context-1',
  skillId: 'skill-1',
  message: userMessage('m1'),
};

function decided(state: Decision['state'], more: Partial<Decision> = {}): Recorded {
  const decision = { v: FORMAT, state, at: T0 + 1, turn: 1, attempt: 1, read: 0, ...more } as const;
  return { kind: 'decision', decision };
}

const working = (turn = 1, more: Partial<Decision> = {}): Recorded =>
  decided('working', { turn, attempt: 0, ...more });

const progress = (text: string, at = T0 + 2): Emission => ({
  kind: 'progress',
  at,
  parts: [{ text }],
});

function artifact(text: string, more: Partial<ArtifactEmission> = {}): Emission {
  const id = { kind: 'artifact', at: T0 + 2, artifactId: 'a' } as const;
  return { ...id, parts: [{ text }], append: false, last: false, ...more };
}

function batch(emissions: readonly Emission[], from: Partial<Batch> = {}): Recorded {
  return { kind: 'batch', batch: { v: FORMAT, turn: 1, attempt: 1, n: 0, ...from, emissions } };
}
type Batch = Extract<Recorded, { kind: 'batch' }>['batch'];

const followUp = (messageId: string, updateId = messageId): Recorded => ({
  kind: 'message',
  message: userMessage(messageId),
  updateId,
});

interface Folded {
  readonly fold: TaskFold;
  readonly task: Task;
  readonly events: readonly TaskEvent[];
}

/** Folds a history, its creation first. */
function fold(...records: readonly Recorded[]): Folded {
  let current = foldTask(undefined, created);
  const events = [...current.events];
  for (const recorded of records) {
    current = foldTask(current.fold, recorded);
    events.push(...current.events);
  }
  return { fold: current.fold, task: current.fold.task, events };
}

const progressTexts = ({ events }: Folded): readonly string[] =>
  events.flatMap((event) =>
    event.kind === 'status' && event.status.state === 'working'
      ? (event.status.message?.parts ?? []).map((part) => ('text' in part ? part.text : ''))
      : [],
  );

const artifactEvents = ({ events }: Folded): readonly (readonly [boolean, string])[] =>
  events.flatMap((event) => {
    if (event.kind !== 'artifact') return [];
    const [part] = event.artifact.parts;
    return [[event.append, part !== undefined && 'text' in part ? part.text : ''] as const];
  });

/** A shortest way into each state. */
const INTO: Readonly<Record<TaskState, readonly Recorded[]>> = {
  submitted: [],
  working: [working()],
  'input-required': [working(), decided('input-required')],
  'auth-required': [working(), decided('auth-required')],
  completed: [working(), decided('completed')],
  failed: [working(), decided('failed')],
  canceled: [working(), decided('canceled')],
  rejected: [working(), decided('rejected')],
};

describe('the state table', () => {
  test('lets nothing follow a terminal state', () => {
    expect(STATES.filter(isTerminal)).toEqual(['completed', 'failed', 'canceled', 'rejected']);
  });

  test('lets every open state end in every way', () => {
    const endings = STATES.filter(isTerminal);
    for (const state of STATES.filter((s) => !isTerminal(s))) {
      expect(NEXT[state]).toEqual(expect.arrayContaining(endings));
    }
  });

  test('leaves a waiting state only for work or an end', () => {
    for (const state of STATES.filter(isInterrupted)) {
      expect(NEXT[state].filter((next) => !isTerminal(next))).toEqual(['working']);
    }
  });

  const pairs = STATES.flatMap((from) =>
    STATES.filter((to) => to !== 'submitted').map((to) => ({
      from,
      to,
      verdict: NEXT[from].includes(to) ? 'follows' : 'cannot follow',
    })),
  );

  test.each(pairs)('$to $verdict $from', ({ from, to }) => {
    const before = fold(...INTO[from]);
    const after = foldTask(before.fold, decided(to));
    const follows = NEXT[from].includes(to);
    expect(after.fold.task.status.state).toBe(follows ? to : from);
    expect(after.events).toHaveLength(follows ? 1 : 0);
  });

  test('a decision that cannot follow changes nothing at all', () => {
    const before = fold(...INTO.completed, followUp('late'));
    expect(foldTask(before.fold, decided('failed', { read: 1 })).fold).toBe(before.fold);
  });
});

describe('created', () => {
  test('makes a submitted task of the message', () => {
    expect(fold().task).toEqual({
      id: 'task-1',
      contextId: 'context-1',
      skillId: 'skill-1',
      status: { state: 'submitted', timestamp: '2026-01-01T00:00:00.000Z' },
      history: [userMessage('m1')],
      artifacts: [],
      seq: 1,
    });
  });

  test('is event 1 and carries the task', () => {
    const { events, task } = fold();
    expect(events).toEqual([{ kind: 'task', seq: 1, task }]);
  });

  test.each([working(), batch([]), followUp('m2')])(
    'is needed before anything else: $kind',
    (first) => {
      expect(() => foldTask(undefined, first)).toThrow(`cannot begin with "${first.kind}"`);
    },
  );
});

describe('continued', () => {
  test('goes on from the checkpoint without an event', () => {
    const before = fold(working(), batch([progress('p')]), decided('input-required'));
    const { fold: after, events } = foldTask(undefined, {
      kind: 'continued',
      checkpoint: checkpointOf(before.fold),
    });
    expect(events).toEqual([]);
    expect(after).toEqual(before.fold);
  });

  test('knows an update that was taken in before', () => {
    const before = fold(working(), decided('input-required'), followUp('m2', 'u1'));
    const { fold: after } = foldTask(undefined, {
      kind: 'continued',
      checkpoint: checkpointOf(before.fold),
    });
    expect(foldTask(after, followUp('m2', 'u1')).fold.task).toEqual(before.task);
  });
});

describe('progress', () => {
  test('is a status in state working with the text as its message', () => {
    const { events } = fold(working(), batch([progress('one')]));
    expect(events.at(-1)).toEqual({
      kind: 'status',
      seq: 3,
      status: {
        state: 'working',
        timestamp: '2026-01-01T00:00:00.002Z',
        message: {
          messageId: 'task-1:3',
          role: 'ROLE_AGENT',
          parts: [{ text: 'one' }],
          contextId: 'context-1',
          taskId: 'task-1',
        },
      },
    });
  });

  test('moves the message of the status before it into the history', () => {
    const { task } = fold(working(), batch([progress('one'), progress('two')]));
    expect(task.history.map(({ messageId }) => messageId)).toEqual(['m1', 'task-1:3']);
  });

  test('keeps its metadata', () => {
    const noted: Emission = { ...progress('one'), metadata: { step: 1 } };
    expect(fold(working(), batch([noted])).task.status.message?.metadata).toEqual({ step: 1 });
  });

  test('may say the same twice in one attempt', () => {
    const folded = fold(working(), batch([progress('x'), progress('x')]), batch([progress('x')]));
    expect(progressTexts(folded)).toEqual(['x', 'x']);
  });

  describe('of a second attempt', () => {
    const first = [working(), batch([progress('one'), progress('two'), progress('three')])];

    test('is not told again when it is the same', () => {
      const again = batch([progress('one', T0 + 50), progress('two', T0 + 51)], { attempt: 2 });
      expect(fold(...first, again).events).toHaveLength(5);
    });

    test('is told from where the first one died', () => {
      const again = [progress('one'), progress('two'), progress('three'), progress('four')];
      expect(progressTexts(fold(...first, batch(again, { attempt: 2 })))).toEqual([
        'one',
        'two',
        'three',
        'four',
      ]);
    });

    test('is told from its first difference on', () => {
      const again = [progress('one'), progress('other'), progress('three')];
      expect(progressTexts(fold(...first, batch(again, { attempt: 2 })))).toEqual([
        'one',
        'two',
        'three',
        'other',
        'three',
      ]);
    });

    test('differs by its metadata alone', () => {
      const noted: Emission = { ...progress('one'), metadata: { attempt: 2 } };
      expect(fold(...first, batch([noted], { attempt: 2 })).events).toHaveLength(6);
    });

    test('is read against the second one by a third', () => {
      const second = batch([progress('one'), progress('other')], { attempt: 2 });
      const third = batch([progress('one'), progress('other'), progress('new')], { attempt: 3 });
      expect(progressTexts(fold(...first, second, third)).slice(3)).toEqual(['other', 'new']);
    });
  });

  test('of an earlier turn is no repetition', () => {
    const folded = fold(
      working(),
      batch([progress('same')]),
      decided('input-required'),
      working(2),
      batch([progress('same')], { turn: 2 }),
    );
    expect(progressTexts(folded)).toEqual(['same', 'same']);
  });
});

describe('an artifact', () => {
  test('grows by what is appended', () => {
    const said = [artifact('one '), artifact('two', { append: true, last: true })];
    expect(fold(working(), batch(said)).task.artifacts).toEqual([
      { artifactId: 'a', parts: [{ text: 'one two' }] },
    ]);
  });

  test('is told chunk by chunk, with its last chunk marked', () => {
    const said = [artifact('one '), artifact('two', { append: true, last: true })];
    const { events } = fold(working(), batch(said));
    expect(events.slice(2)).toEqual([
      {
        kind: 'artifact',
        seq: 3,
        artifact: { artifactId: 'a', parts: [{ text: 'one ' }] },
        append: false,
        lastChunk: false,
      },
      {
        kind: 'artifact',
        seq: 4,
        artifact: { artifactId: 'a', parts: [{ text: 'two' }] },
        append: true,
        lastChunk: true,
      },
    ]);
  });

  test('keeps its place and takes the new heading when it is saved again', () => {
    const other = artifact('o', { artifactId: 'b' });
    const said = [artifact('one', { name: 'n' }), other, artifact('two', { metadata: { k: 1 } })];
    expect(fold(working(), batch(said)).task.artifacts).toEqual([
      { artifactId: 'a', metadata: { k: 1 }, parts: [{ text: 'two' }] },
      { artifactId: 'b', parts: [{ text: 'o' }] },
    ]);
  });

  describe('of a second attempt', () => {
    const first = [
      working(),
      batch([artifact('hello '), artifact('world', { append: true, last: true })]),
    ];
    const told = [
      [false, 'hello '],
      [true, 'world'],
    ];
    const second = (...said: readonly Emission[]): Recorded => batch(said, { attempt: 2 });

    test('is silent where it says the same at other chunk borders', () => {
      const again = second(
        artifact('hel'),
        artifact('lo wor', { append: true }),
        artifact('ld', { append: true, last: true }),
      );
      const folded = fold(...first, again, decided('completed', { attempt: 2 }));
      expect(artifactEvents(folded)).toEqual(told);
    });

    test('is withdrawn with one replacement at the first difference', () => {
      const again = second(artifact('hello '), artifact('moon', { append: true, last: true }));
      const folded = fold(...first, again, decided('completed', { attempt: 2 }));
      expect(artifactEvents(folded).slice(2)).toEqual([
        [false, 'hello '],
        [true, 'moon'],
      ]);
      expect(folded.task.artifacts[0]?.parts).toEqual([{ text: 'hello moon' }]);
    });

    test('is withdrawn at the end of the turn when it is not said again', () => {
      const folded = fold(
        ...first,
        second(progress('other')),
        decided('completed', { attempt: 2 }),
      );
      expect(artifactEvents(folded).slice(2)).toEqual([[false, '']]);
    });

    test('is withdrawn when the attempt that completed said nothing at all', () => {
      const folded = fold(...first, decided('completed', { attempt: 2 }));
      expect(artifactEvents(folded).slice(2)).toEqual([[false, '']]);
    });

    test('is withdrawn before the last status', () => {
      const { events } = fold(...first, decided('completed', { attempt: 2 }));
      expect(events.slice(-2).map(({ kind }) => kind)).toEqual(['artifact', 'status']);
    });

    test.each(['input-required', 'auth-required'] as const)(
      'is withdrawn when it ends in %s without saying it again',
      (state) => {
        const folded = fold(...first, decided(state, { attempt: 2 }));
        expect(artifactEvents(folded).slice(2)).toEqual([[false, '']]);
      },
    );

    test.each(['failed', 'rejected', 'canceled'] as const)(
      'stays as it is when it ends in %s',
      (state) => {
        expect(artifactEvents(fold(...first, decided(state, { attempt: 2 })))).toEqual(told);
      },
    );

    test('repeats both versions of an artifact that was saved twice', () => {
      const twice = [artifact('draft', { last: true }), artifact('final', { last: true })];
      const folded = fold(
        working(),
        batch(twice),
        second(...twice),
        decided('completed', { attempt: 2 }),
      );
      expect(artifactEvents(folded)).toEqual([
        [false, 'draft'],
        [false, 'final'],
      ]);
    });

    test('replaces the artifact when its name changes', () => {
      const named = artifact('hello world', { name: 'new', last: true });
      const { task } = fold(...first, second(named));
      expect(task.artifacts).toEqual([
        { artifactId: 'a', name: 'new', parts: [{ text: 'hello world' }] },
      ]);
    });

    test('replaces the artifact when its metadata change', () => {
      const noted = artifact('hello world', { metadata: { k: 2 }, last: true });
      expect(artifactEvents(fold(...first, second(noted))).slice(2)).toEqual([
        [false, 'hello world'],
      ]);
    });
  });

  test('of an earlier turn is kept when a later turn starts again', () => {
    const folded = fold(
      working(),
      batch([artifact('one ')]),
      decided('input-required'),
      working(2),
      batch([artifact('two', { append: true })], { turn: 2 }),
      batch([artifact('three', { append: true })], { turn: 2, attempt: 2 }),
    );
    expect(artifactEvents(folded)).toEqual([
      [false, 'one '],
      [true, 'two'],
      [false, 'one '],
      [true, 'three'],
    ]);
  });
});

describe('a batch is dropped', () => {
  const heard = [working(), batch([progress('one')], { attempt: 2, n: 0 })];
  const dropped: readonly (readonly [string, readonly Recorded[], Recorded])[] = [
    ['when its attempt is older than the newest', heard, batch([progress('x')], { n: 7 })],
    ['when it is of an earlier turn', INTO.working, batch([progress('x')], { turn: 0 })],
    ['when it is of a later turn', INTO.working, batch([progress('x')], { turn: 2 })],
    ['when it was heard before', heard, batch([progress('x')], { attempt: 2, n: 0 })],
    ...STATES.filter((state) => state !== 'working').map(
      (state) =>
        [`when the task is ${state}`, INTO[state], batch([progress('x')], { attempt: 9 })] as const,
    ),
  ];

  test.each(dropped)('%s', (_name, before, late) => {
    const { fold: current, task } = fold(...before);
    const folded = foldTask(current, late);
    expect(folded.events).toEqual([]);
    expect(folded.fold.task).toBe(task);
    expect(folded.fold.staleBatches).toBe(1);
  });

  test('and does not move the count of the attempt', () => {
    const { fold: current } = fold(...heard, batch([], { attempt: 1, n: 9 }));
    expect(current).toMatchObject({ attempt: 2, n: 1 });
  });

  test('by an attempt that was lost without a word', () => {
    const third = batch([progress('three')], { attempt: 3 });
    const second = batch([progress('two')], { attempt: 2 });
    expect(progressTexts(fold(working(), third, second))).toEqual(['three']);
  });
});

describe('a follow-up message', () => {
  test('comes after the question that it answers', () => {
    const question = { parts: [{ text: 'Which?' }] };
    const { task } = fold(
      working(),
      decided('input-required', { message: question }),
      followUp('answer'),
    );
    expect(task.history.map(({ messageId }) => messageId)).toEqual(['m1', 'task-1:3', 'answer']);
  });

  test('leaves the question once in the history when work goes on', () => {
    const question = { parts: [{ text: 'Which?' }] };
    const asked = decided('input-required', { message: question });
    const { task } = fold(working(), asked, followUp('answer'), working(2, { read: 1 }));
    expect(task.history.map(({ messageId }) => messageId)).toEqual(['m1', 'task-1:3', 'answer']);
  });

  test('is no event', () => {
    expect(fold(working(), followUp('m2')).events).toHaveLength(2);
  });

  test('leaves the status as it is', () => {
    const { task } = fold(working(), batch([progress('p')]), followUp('m2'));
    expect(task.status.message?.messageId).toBe('task-1:3');
  });

  test('counts once when its update is repeated', () => {
    const { task } = fold(working(), followUp('m2', 'u'), followUp('m2', 'u'));
    expect(task.history).toHaveLength(2);
  });

  test('counts twice when another update brings the same message id', () => {
    const { task } = fold(working(), followUp('m2', 'u1'), followUp('m2', 'u2'));
    expect(task.history).toHaveLength(3);
  });

  test('is named when nobody had read it at the end', () => {
    const { task } = fold(
      working(),
      followUp('read'),
      followUp('unread-1'),
      followUp('unread-2'),
      decided('completed', { read: 1 }),
    );
    expect(task.unreadMessageIds).toEqual(['unread-1', 'unread-2']);
  });

  test('is not named when every one was read', () => {
    const { task } = fold(working(), followUp('read'), decided('completed', { read: 1 }));
    expect(task).not.toHaveProperty('unreadMessageIds');
  });

  test('is not named while the task goes on', () => {
    const { task } = fold(working(), followUp('m2'), decided('input-required'));
    expect(task).not.toHaveProperty('unreadMessageIds');
  });
});

describe('the history', () => {
  const many = Array.from({ length: AGENT_MESSAGES_KEPT + 50 }, (_, i) => progress(String(i)));

  test(`keeps the newest ${AGENT_MESSAGES_KEPT} messages of the agent`, () => {
    const { task } = fold(working(), batch(many), decided('completed'));
    const agents = task.history.filter(({ role }) => role === 'ROLE_AGENT');
    expect(agents).toHaveLength(AGENT_MESSAGES_KEPT);
    expect(agents.at(-1)?.parts).toEqual(many.at(-1)?.parts);
  });

  test('loses no message of the caller', () => {
    const said = many.flatMap((one, n) => [batch([one], { n }), followUp(`f${n}`)]);
    const { task } = fold(working(), ...said, decided('completed'));
    expect(task.history.filter(({ role }) => role === 'ROLE_USER')).toHaveLength(many.length + 1);
  });
});

describe('ended by the server', () => {
  const ended = (state: 'failed' | 'canceled'): Recorded => ({
    kind: 'ended',
    at: T0 + 9,
    state,
    reason: 'why',
  });

  test.each(['failed', 'canceled'] as const)('makes an open task %s with the reason', (state) => {
    const { status } = fold(working(), ended(state)).task;
    expect(status).toMatchObject({ state, message: { parts: [{ text: 'why' }] } });
  });

  test.each(STATES.filter(isTerminal))('changes nothing when the task is %s', (state) => {
    const before = fold(...INTO[state]);
    expect(foldTask(before.fold, ended('failed'))).toEqual({ fold: before.fold, events: [] });
  });
});

describe('numbers and times', () => {
  const whole = fold(
    working(),
    batch([progress('one'), artifact('a')]),
    followUp('m2'),
    batch([artifact('b')], { attempt: 2 }),
    decided('input-required', { attempt: 2 }),
    working(2, { read: 1 }),
    batch([progress('two')], { turn: 2 }),
    decided('completed', { turn: 2 }),
  );

  test('events are numbered from 1 without a gap', () => {
    expect(whole.events.map(({ seq }) => seq)).toEqual(whole.events.map((_, index) => index + 1));
  });

  test('the task has the number of its last event', () => {
    expect(whole.task.seq).toBe(whole.events.length);
  });

  test('a status is never earlier than the one before it', () => {
    const { task } = fold(
      working(1, { at: T0 + 1_000 }),
      batch([progress('the clock of the worker is behind', T0 - 5_000)]),
    );
    expect(task.status.timestamp).toBe('2026-01-01T00:00:01.000Z');
  });

  test('the message of a status is named by task and number', () => {
    const { task } = fold(working(), decided('failed', { message: { parts: [{ text: 'why' }] } }));
    expect(task.status.message?.messageId).toBe('task-1:3');
  });
});
