// The address at which a task that waits for credentials is told, without its client, that they are there
// (A2A §7.6.1). The worker writes it into the question; a gateway reads it and answers the question.

import { FORMAT } from '../workflows/emission';
import type { Message, Task } from '../workflows/task';
import { readSigned, writeSigned } from './signed-token';
import { TaskError, TaskErrorReason } from './task-error';
import type { TaskRef, Tasks } from './tasks';

/** Where gateways are told, besides their address. */
export const CONTINUATIONS_PATH = '/continuations';

/** In the metadata of the message that the answer is recorded as: which question it answers. */
const CONTINUATION_URI = 'urn:longhaul:a2a:continuation:1';

/** One question of one task; nothing else is named by its address. */
export interface Continuation extends TaskRef {
  /** How many questions of the task came before it. */
  readonly question: number;
}

export class ContinuationTokens {
  private readonly key: Buffer;

  /** @param key the same for all gateways and workers. */
  constructor(key: Buffer) {
    this.key = key;
  }

  /**
   * The same for the same question. Whoever has it may continue the task, and can read whose it is.
   * @param publicUrl of the gateways, without a trailing slash.
   */
  urlOf(publicUrl: string, { scope, taskId, question }: Continuation): string {
    const content = JSON.stringify([scope.tenant, scope.principal, taskId, question]);
    return `${publicUrl}${CONTINUATIONS_PATH}/${writeSigned(this.key, CONTINUATION_URI, content)}`;
  }

  /** Undefined for what is not of our making. */
  read(token: string): Continuation | undefined {
    const content = readSigned(this.key, CONTINUATION_URI, token);
    if (content === undefined) return undefined;
    const [tenant, principal, taskId, question] = JSON.parse(content) as Content;
    return { scope: { tenant, principal }, taskId, question };
  }
}

type Content = readonly [tenant: string, principal: string, taskId: string, question: number];

/** What a gateway does with such an address. */
export interface Continuations {
  /** Undefined for what is not of our making. */
  readonly read: (token: string) => Continuation | undefined;
  /** See `continueTask`. */
  readonly proceed: (continuation: Continuation) => Promise<'continued' | 'continued-before'>;
}

/** @param key the same for all gateways and workers. */
export function openContinuations(tasks: Tasks, key: Buffer): Continuations {
  const tokens = new ContinuationTokens(key);
  return {
    read: (token) => tokens.read(token),
    proceed: (continuation) => continueTask(tasks, continuation),
  };
}

/**
 * Answers the question, once however often it is called: a browser loads a page again, and two
 * gateways may be asked at the same time. Needs a worker.
 * @throws TaskError `not-found`, `over`, `answered` (by somebody else), `full`, `busy`, `unavailable`.
 */
export async function continueTask(
  tasks: Pick<Tasks, 'read' | 'message'>,
  continuation: Continuation,
): Promise<'continued' | 'continued-before'> {
  const { question } = continuation;
  if (isContinued(await tasks.read(continuation), question)) return 'continued-before';
  const followUp = { v: FORMAT, message: messageOf(continuation), answers: question } as const;
  try {
    await tasks.message(continuation, followUp, `continuation:${String(question)}`);
    return 'continued';
  } catch (err) {
    // Somebody else may have been quicker since.
    const isTaken = err instanceof TaskError && TAKEN.includes(err.reason);
    if (isTaken && isContinued(await tasks.read(continuation), question)) return 'continued-before';
    throw err;
  }
}

const TAKEN: readonly TaskErrorReason[] = [TaskErrorReason.over, TaskErrorReason.answered];

/** Nothing of the request goes into it: a task's history is no place for credentials. */
function messageOf({ taskId, question }: Continuation): Message {
  return {
    messageId: `${taskId}:continuation:${String(question)}`,
    role: 'ROLE_USER',
    parts: [{ text: 'authorized' }],
    metadata: { [CONTINUATION_URI]: { question } },
  };
}

function isContinued({ history }: Task, question: number): boolean {
  return history.some(({ metadata }) => {
    const said = metadata?.[CONTINUATION_URI];
    return JSON.stringify(said) === JSON.stringify({ question });
  });
}
