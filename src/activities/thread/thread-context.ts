// The context of a skill in a thread: that of the main thread, and what has to be done on this side.

import { askUntilItFits } from '../answer';
import { createTaskTools } from '../tools/task-tools';
import type { RunContext } from './members';
import type { ContentPart, Message, Say, Schema, SkillContext, SkillLog } from '../skill';

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
    // A schema makes things that have a class, so it reads on this side.
    step: async (name, run, { schema, ...options } = {}) => {
      const result = await crossed.step(name, run, options);
      return schema === undefined ? result : schema.parse(result);
    },
    ask,
  } satisfies Omit<SkillContext, 'tools'>;
  return { ...context, tools: createTaskTools({ ...context, end }) };
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
