// What a skill author imports from `longhaul`: the skill, its results and types, makers of artifacts.
// It loads neither Temporal nor the gateway.

export * from './activities/skill';
export {
  fileArtifact,
  jsonArtifact,
  textArtifact,
  type ArtifactMore,
  type FileContent,
  type FileOptions,
} from './activities/artifact-makers';
export {
  ArtifactStreamer,
  type ArtifactStreamerOptions,
  type StreamerPipeOptions,
} from './activities/artifact-streamer';
export type {
  LegacyArtifactUpdateEvent,
  LegacyPart,
  TaskArtifactUpdateEvent,
} from './activities/artifact-events';
