// What the frames of a stream said: states, texts, and the artifacts that a client holds after them.

import type { Frame } from './stream';
import { textOf, type WireTask } from './wire';

/** Fails unless the ids are 1..N, each once, in order. */
export function expectEveryId(frames: readonly Frame[]): void {
  const ids = frames.flatMap(({ id }) => id ?? []);
  expect(ids).toEqual(ids.map((_id, index) => index + 1));
  expect(ids.length).toBeGreaterThan(2);
}

export function stateOf({ event }: Frame): string | undefined {
  return event.task?.status.state ?? event.statusUpdate?.status.state;
}

export function lastState(frames: readonly Frame[]): string | undefined {
  return stateOf(frames.at(-1)!);
}

/** The texts of the status updates, in order; updates without a text left out. */
export function progressTexts(frames: readonly Frame[]): readonly string[] {
  return frames.flatMap(({ event }) => {
    const message = event.statusUpdate?.status.message;
    return message === undefined ? [] : [textOf(message.parts)];
  });
}

/** What a client holds of each artifact after these frames: id to text. */
export function foldArtifacts(frames: readonly Frame[]): Readonly<Record<string, string>> {
  const folded: Record<string, string> = {};
  for (const { event } of frames) {
    for (const { artifactId, parts } of event.task?.artifacts ?? []) {
      folded[artifactId] = textOf(parts);
    }
    if (event.artifactUpdate === undefined) continue;
    const { artifact, append = false } = event.artifactUpdate;
    const held = append ? (folded[artifact.artifactId] ?? '') : '';
    folded[artifact.artifactId] = held + textOf(artifact.parts);
  }
  return folded;
}

export function artifactTexts(task: WireTask): Readonly<Record<string, string>> {
  const artifacts = task.artifacts ?? [];
  return Object.fromEntries(artifacts.map((a) => [a.artifactId, textOf(a.parts)]));
}

/** `line 1\n` … `line n\n` as the streaming skills write them. */
export function lines(count: number, prefix = ''): string {
  return Array.from({ length: count }, (_, i) => `${prefix}line ${String(i + 1)}\n`).join('');
}

/** What the skill `steps` says from its first step to its end. */
export function stepTexts(count: number): readonly string[] {
  return [...Array.from({ length: count }, (_, i) => `step ${String(i + 1)}`), 'done'];
}
