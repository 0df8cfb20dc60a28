// Artifacts as the updates of a stream make them.

import { TaskState, type Artifact, type StreamResponse } from '@a2a-js/sdk';
import { joined, withArtifact } from './fold';

export interface AssembledArtifact {
  /** As `GetTask` gives it; consecutive text of one kind is one part. */
  readonly artifact: Artifact;
  /** Its last chunk has come, or its task is completed. */
  readonly isComplete: boolean;
}

/**
 * Reads `events` to their end and resolves with the artifacts, in the order of their first chunks.
 * `append: true` adds to an artifact, `append: false` replaces it, a Task replaces all of them.
 * @throws whatever the events throw.
 */
export async function assembleArtifacts(
  events: Iterable<StreamResponse> | AsyncIterable<StreamResponse>,
): Promise<readonly AssembledArtifact[]> {
  let artifacts: readonly Artifact[] = [];
  const complete = new Set<string>();
  for await (const { payload } of events) {
    switch (payload?.$case) {
      case 'task':
        artifacts = payload.value.artifacts.map((a) => ({ ...a, parts: joined([], a.parts) }));
        if (payload.value.status?.state !== TaskState.TASK_STATE_COMPLETED) break;
        for (const { artifactId } of artifacts) complete.add(artifactId);
        break;
      case 'artifactUpdate': {
        const { artifact, lastChunk } = payload.value;
        artifacts = withArtifact(artifacts, payload.value);
        if (artifact === undefined) break;
        if (lastChunk) complete.add(artifact.artifactId);
        else complete.delete(artifact.artifactId);
        break;
      }
      case 'statusUpdate':
        if (payload.value.status?.state !== TaskState.TASK_STATE_COMPLETED) break;
        for (const { artifactId } of artifacts) complete.add(artifactId);
        break;
      case 'message':
      case undefined:
    }
  }
  return artifacts.map((artifact) => ({
    artifact,
    isComplete: complete.has(artifact.artifactId),
  }));
}
