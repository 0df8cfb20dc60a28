// Which artifacts of a run are open, and what each step did to that: what a step said is not said again when the
// journal answers it.

import { createHash } from 'node:crypto';

/** As long as the ids that clients choose. */
const ID_MAX = 256;

export class BegunArtifacts {
  private readonly open = new Set<string>();
  /** What steps have opened (true) and closed. */
  private readonly bySteps = new Map<string, Map<string, boolean>>();
  /** Artifacts without an id of their own, by the step that made them. */
  private readonly unnamed = new Map<string, number>();

  isOpen(artifactId: string): boolean {
    return this.open.has(artifactId);
  }

  /** @param step in which a chunk is said; undefined outside of steps. */
  say(artifactId: string, step: string | undefined, isLast: boolean): void {
    this.set(artifactId, !isLast);
    if (step === undefined) return;
    const changes = this.bySteps.get(step) ?? new Map<string, boolean>();
    this.bySteps.set(step, changes.set(artifactId, !isLast));
  }

  /** Artifacts that are open behind a step, or closed, because of it. */
  of(step: string): Readonly<Record<string, boolean>> | undefined {
    const changes = this.bySteps.get(step);
    return changes && Object.fromEntries(changes);
  }

  /** A step that is not run again did this. */
  restore(changes: Readonly<Record<string, boolean>>): void {
    for (const [artifactId, isOpen] of Object.entries(changes)) this.set(artifactId, isOpen);
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

  private set(artifactId: string, isOpen: boolean): void {
    if (isOpen) this.open.add(artifactId);
    else this.open.delete(artifactId);
  }
}
