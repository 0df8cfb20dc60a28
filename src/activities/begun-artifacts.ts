// Which artifacts of a run have begun, and where: what a step said is not said again when the journal answers it.

import { createHash } from 'node:crypto';

/** As long as the ids that clients choose. */
const ID_MAX = 256;

export class BegunArtifacts {
  private readonly begun = new Set<string>();
  private readonly byStep = new Map<string, string[]>();
  /** Artifacts without an id of their own, by the step that made them. */
  private readonly unnamed = new Map<string, number>();

  has(artifactId: string): boolean {
    return this.begun.has(artifactId);
  }

  /** @param step in which it begins; undefined outside of steps. */
  begin(artifactId: string, step: string | undefined): void {
    if (this.begun.has(artifactId)) return;
    this.begun.add(artifactId);
    if (step !== undefined) this.byStep.set(step, [...this.of(step), artifactId]);
  }

  /** Those that a step has begun. */
  of(step: string): readonly string[] {
    return this.byStep.get(step) ?? [];
  }

  /** A step that is not run again has begun these. */
  restore(artifactIds: readonly string[]): void {
    for (const id of artifactIds) this.begun.add(id);
  }

  /** By the order of creation among those of one step: a step that is answered makes none. */
  nextId(step = ''): string {
    const number = (this.unnamed.get(step) ?? 0) + 1;
    this.unnamed.set(step, number);
    const id = `artifact-${String(number)}`;
    if (step === '') return id;
    const scoped = `${step}/${id}`;
    if (scoped.length <= ID_MAX) return scoped;
    return `${createHash('sha256').update(step).digest('hex')}/${id}`;
  }
}
