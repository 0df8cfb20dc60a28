// The artifacts of one run of a skill: which streams are open, and which id each artifact has.

import { createHash } from 'node:crypto';
import { PARTIAL_ARTIFACT_URI } from '../workflows/task';
import { OpenArtifact, type Outlet } from './artifact-stream';
import { BegunArtifacts } from './begun-artifacts';
import { ID_MAX, toArtifactEmission } from './say';
import { SkillError, type ArtifactOptions, type ArtifactStream, type SkillArtifact } from './skill';
import type { Said } from './spoken';

type SaidArtifact = Extract<Said, { kind: 'artifact' }>;

export class RunArtifacts {
  readonly begun = new BegunArtifacts();
  private readonly streams = new Map<string, OpenArtifact>();
  /** In which step they were opened. */
  private readonly openedIn = new Map<OpenArtifact, string>();
  /** Ids of the partial artifacts that were sent, by name. */
  private readonly partials = new Map<string, string>();

  /**
   * The stream that is open under this id, or a new one.
   * @throws SkillError when the open one has another name, description, media type or metadata.
   */
  open(options: ArtifactOptions, outlet: Outlet): ArtifactStream {
    assertObject(options, 'ctx.artifact takes { name, … }');
    const opened = {
      ...options,
      artifactId: options.artifactId ?? this.begun.nextId(outlet.caller().step),
    };
    const open = this.openStream(opened.artifactId);
    if (open !== undefined) {
      open.assertSame(opened);
      return open;
    }
    const stream = new OpenArtifact(opened, outlet, this.begun);
    this.streams.set(opened.artifactId, stream);
    const { step } = outlet.caller();
    if (step !== undefined) this.openedIn.set(stream, step);
    return stream;
  }

  /** The step begins anew, with the streams that it found, as they were. */
  retry(step: string): void {
    this.begun.retry(step);
    for (const [id, stream] of this.streams) {
      if (this.openedIn.get(stream) === step) this.streams.delete(id);
      else stream.retry(step);
    }
  }

  /** @throws SkillError when it cannot be recorded, or is open as a stream. */
  whole(artifact: SkillArtifact, step?: string): SaidArtifact {
    assertObject(artifact, 'ctx.saveArtifact takes { name, parts }');
    return this.closed(artifact, artifact.artifactId ?? this.begun.nextId(step));
  }

  /** The same of a piece of the result, with its mark. */
  partial(artifact: SkillArtifact, step?: string): SaidArtifact {
    assertObject(artifact, 'ctx.sendPartialArtifact takes { name, parts }');
    const { name } = artifact;
    const artifactId = artifact.artifactId ?? this.idByName(name) ?? this.begun.nextId(step);
    if (name !== undefined) this.partials.set(name, artifactId);
    const said = this.closed(artifact, artifactId);
    // After the check: the mark takes nothing of what an author may say.
    const metadata = { ...said.metadata, [PARTIAL_ARTIFACT_URI]: { partial: true } };
    return { ...said, metadata };
  }

  /**
   * The artifacts of the result: each has its own id, or that of the partial artifact with its name, or that which such
   * a one would have, because a step that was not run again may have sent it; or else one by its place.
   */
  result(artifacts: readonly SkillArtifact[]): readonly Said[] {
    const taken = new Set(artifacts.map(({ artifactId }) => artifactId));
    return artifacts.map((artifact, index) => {
      const byName = this.idByName(artifact.name);
      const free = taken.has(byName) ? undefined : byName;
      const artifactId = artifact.artifactId ?? free ?? `result-${String(index + 1)}`;
      taken.add(artifactId);
      return toArtifactEmission(artifact, artifactId);
    });
  }

  private closed(artifact: SkillArtifact, artifactId: string): SaidArtifact {
    if (this.openStream(artifactId) === undefined) return toArtifactEmission(artifact, artifactId);
    const text = `artifact "${artifactId}" is open as a stream: finalize it before it is replaced`;
    throw new SkillError(text, { retryable: false });
  }

  private openStream(artifactId: string): OpenArtifact | undefined {
    const stream = this.streams.get(artifactId);
    return stream?.isFinal === false ? stream : undefined;
  }

  private idByName(name: string | undefined): string | undefined {
    if (name === undefined) return undefined;
    return this.partials.get(name) ?? idOfName(name);
  }
}

/** Skills may be written without types. */
function assertObject(value: unknown, claim: string): void {
  if (typeof value === 'object' && value !== null) return;
  const found = value === undefined ? 'nothing' : JSON.stringify(value);
  throw new SkillError(`${claim}, and was given ${found}`, { retryable: false });
}

/** The same in every run, whatever else it says. */
function idOfName(name: string): string {
  const id = `name:${name}`;
  return id.length <= ID_MAX ? id : `name:${createHash('sha256').update(name).digest('hex')}`;
}
