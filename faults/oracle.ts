// What holds of every task that a client has followed (I1, I2, I3, I8).

import { getTask } from '../test/harness/calls';
import { artifactTexts, foldArtifacts, progressTexts, stateOf } from '../test/harness/frames';
import { readWhole, type Frame } from '../test/harness/stream';
import type { Follower } from './follower';
import type { Trial } from './trial';

const TERMINAL = /_(COMPLETED|FAILED|CANCELED|REJECTED)$/;

export interface Expected {
  /** Texts of the status updates, in order. Default: not looked at. */
  readonly progress?: readonly string[];
  /** Of all artifacts, in no order. Default: not looked at. */
  readonly artifacts?: readonly string[];
}

/** @param url a gateway that is well, asked when the faults are over. */
export async function checkTask(
  trial: Trial,
  url: string,
  { follower, expected = {} }: { readonly follower: Follower; readonly expected?: Expected },
): Promise<void> {
  const { frames, taskId } = follower;
  trial.operation(follower.hasEnded);
  const named = taskId ?? `key ${follower.key}`;
  trial.check('I8', follower.hasEnded, `${named} has not ended; last event ${follower.lastId}`);
  if (taskId === undefined || !follower.hasEnded) return;

  checkIds(trial, named, frames);
  checkEnd(trial, named, frames);
  const whole = await readWhole(url, taskId);
  const same = JSON.stringify(rawsOf(whole)) === JSON.stringify(rawsOf(frames));
  trial.check('I1', same, `${named}: a newcomer reads other bytes than its follower had`);

  const folded = foldArtifacts(frames);
  const held = artifactTexts(await getTask(url, taskId));
  trial.check('I2', isSame(folded, held), `${named}: GetTask's artifacts differ from the stream's`);
  const { artifacts, progress } = expected;
  if (artifacts !== undefined) {
    const texts = Object.values(folded).toSorted();
    trial.check('I2', isSame(texts, artifacts.toSorted()), `${named}: its artifacts are others`);
  }
  if (progress !== undefined) {
    const said = progressTexts(frames);
    const wrong = said.findIndex((text, at) => text !== progress[at]);
    const where = `${named}: ${said.length} of ${progress.length} texts, place ${wrong + 1} says ${said[wrong] ?? 'nothing'}`;
    trial.check('I1', isSame(said, progress), where);
  }
}

/** I1 of one task: 1..N, each once, in order. */
function checkIds(trial: Trial, named: string, frames: readonly Frame[]): void {
  const ids = frames.flatMap(({ id }) => id ?? []);
  const wrong = ids.findIndex((id, index) => id !== index + 1);
  const near = ids.slice(Math.max(0, wrong - 1), wrong + 2).join(', ');
  trial.check('I1', wrong < 0, `${named}: ids … ${near} … at place ${wrong + 1}`);
}

/** I3 of one task. */
function checkEnd(trial: Trial, named: string, frames: readonly Frame[]): void {
  const ends = frames.flatMap((frame, at) => (TERMINAL.test(stateOf(frame) ?? '') ? [at] : []));
  const isLast = ends.length === 1 && ends[0] === frames.length - 1;
  trial.check('I3', isLast, `${named}: terminal at ${ends.join(', ')} of ${frames.length} events`);
}

/** The first frame is the task as it was when the stream was opened, which two readers see at two times. */
function rawsOf(frames: readonly Frame[]): readonly string[] {
  return frames.slice(1).map(({ raw }) => raw);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
