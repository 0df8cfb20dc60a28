// Which artifacts of a run are open, and what each step did to that: what a step said is not said again when the
// journal answers it.

import { createHash } from 'node:crypto';

/** As long as the ids that clients choose. */
const ID_MAX = 256;

interface Change {
  readonly wasOpen: boolean;
  readonly isOpen: boolean;
}

export class BegunArtifacts {
  private readonly open = new Set<string>();
  /** What steps have opened (true) and closed, and what it was before. */
  private readonly bySteps = new Map<string, Map<string, Change>>();
  /** Artifacts without an id of their own, by the step that made them. */
  private readonly unnamed = new Map<string, number>();

  isOpen(artifactId: string): boolean {
    return this.open.has(artifactId);
  }

  /** @param step in which a chunk is said; undefined outside of steps. */
  say(artifactId: string, step: string | undefined, isLast: boolean): void {
    const wasOpen = this.isOpen(artifactId);
    this.set(artifactId, !isLast);
    if (step === undefined) return;
    const changes = this.bySteps.get(step) ?? new Map<string, Change>();
    const before = changes.get(artifactId)?.wasOpen ?? wasOpen;
    this.bySteps.set(step, changes.set(artifactId, { wasOpen: before, isOpen: !isLast }));
  }

  /** The step begins anew: artifacts are as it found them, and its own have the ids that they had. */
  retry(step: string): void {
    for (const [id, { wasOpen }] of this.bySteps.get(step) ?? []) this.set(id, wasOpen);
    this.bySteps.delete(step);
    this.unnamed.delete(step);
  }

  /** Artifacts that are open behind a step, or closed, because of it. */
  of(step: string): Readonly<Record<string, boolean>> | undefined {
    const changes = this.bySteps.get(step);
    return changes && Object.fromEntries([...changes].map(([id, { isOpen }]) => [id, isOpen]));
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
