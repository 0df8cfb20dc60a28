// The context of a skill in a thread: that of the main thread, and what has to be done on this side.

import { askUntilItFits } from '../answer';
import { isBytes } from '../authored-part';
import { textOf } from '../error-text';
import { checkSchema, readBy } from '../schema';
import { createTaskTools } from '../tools/task-tools';
import type { RunContext } from './members';
import {
  SkillError,
  type AnyStepOptions,
  type ContentPart,
  type Message,
  type Say,
  type Schema,
  type SkillContext,
  type SkillLog,
  type StepScope,
} from '../skill';

/** The members that `membersOf` gives: each of their functions returns a promise by now. */
export type Crossed = Omit<RunContext, 'log'> & {
  readonly log: Record<keyof SkillLog, (...line: Parameters<SkillLog['info']>) => Promise<void>>;
};

export function threadContext(crossed: Crossed): SkillContext {
  const ask = <T>(prompt: Say, schema?: Schema<T>): Promise<Message<ContentPart> | T> =>
    schema === undefined
      ? crossed.ask(prompt)
      : askUntilItFits((asked) => crossed.ask(asked), prompt, schema);
  const { end, ...members } = crossed;
  const context = {
    ...members,
    log: unheeded(crossed.log),
    step: stepsOf(crossed),
    ask,
  } satisfies Omit<SkillContext, 'tools'>;
  return { ...context, tools: createTaskTools({ ...context, end }) };
}

/** A schema makes things that have a class, so it reads on this side; bytes have lost theirs on the way. */
function stepsOf(crossed: Crossed): SkillContext['step'] {
  return async <T>(
    name: string,
    run: (step: StepScope) => unknown,
    { schema, ...options }: AnyStepOptions<T> = {},
  ): Promise<T> => {
    if (schema !== undefined) checkSchema(schema, `ctx.step(${JSON.stringify(name)})`);
    const came = await crossed.step(name, run, options);
    const result = isBytes(came)
      ? Buffer.from(came.buffer, came.byteOffset, came.byteLength)
      : came;
    return schema === undefined ? (result as T) : readResult(name, schema, result);
  };
}

async function readResult<T>(name: string, schema: Schema<T>, result: unknown): Promise<T> {
  try {
    return await readBy(schema, result);
  } catch (err) {
    const text = `the result of step "${name}" does not fit its schema: ${textOf(err)}`;
    throw new SkillError(text, { retryable: true });
  }
}

/** Nobody awaits a line of a log: one that cannot be told is no error of the skill. */
function unheeded(log: Crossed['log']): SkillLog {
  const told = (level: keyof SkillLog): SkillLog['info'] => {
    return (...line) => {
      log[level](...line).catch(() => undefined);
    };
  };
  return { info: told('info'), warn: told('warn'), error: told('error') };
}
