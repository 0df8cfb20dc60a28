// What runs in the thread of a single run: loads the skill again, runs it, and tells how it ended.

import { workerData, type MessagePort } from 'node:worker_threads';
import { readable } from '../error-text';
import type { Skill, SkillResult } from '../skill';
import { exportedBy } from '../skill-module';
import type { Packed } from './crossing';
import { Link } from './link';
import { threadContext, type Crossed } from './thread-context';

/** What the thread begins with. */
export interface ThreadData {
  readonly port: MessagePort;
  readonly skillId: string;
  readonly file: string;
  /** A `ThreadStart`. */
  readonly start: Packed;
}

/** What the main thread has given, on this side. */
export interface ThreadStart {
  readonly ctx: Crossed;
  readonly ended: (result: SkillResult) => Promise<void>;
  readonly threw: (error: unknown) => Promise<void>;
}

async function main({ port, skillId, file, start }: ThreadData): Promise<void> {
  const { ctx, ended, threw } = new Link(port).unpack(start) as ThreadStart;
  try {
    const skill = await load(skillId, file);
    await ended(await skill.run(threadContext(ctx)));
  } catch (err) {
    await threw(readable(err));
  }
}

async function load(skillId: string, file: string): Promise<Skill> {
  // The main thread has checked them.
  const skills = (await exportedBy(file)) as readonly Skill[];
  const skill = skills.find(({ id }) => id === skillId);
  if (skill === undefined) throw new Error(`${file} has no skill "${skillId}" any more`);
  return skill;
}

void main(workerData as ThreadData);
