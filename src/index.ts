// What a skill author imports from `longhaul`: the skill, its results and types, makers of artifacts.
// It loads neither Temporal nor the gateway. Each name is listed, because ES modules read the names of a CommonJS one.

export {
  SkillError,
  canceled,
  completed,
  defineSkill,
  failed,
  rejected,
  reply,
  type Artifact,
  type ArtifactOptions,
  type ArtifactStream,
  type AuthContinuation,
  type AuthPrompt,
  type AuthoredPart,
  type ContentPart,
  type FilePart,
  type Journalable,
  type Json,
  type JsonObject,
  type Message,
  type PipeOptions,
  type PipeSource,
  type ReadStepOptions,
  type Say,
  type Schema,
  type Skill,
  type SkillArtifact,
  type SkillContext,
  type SkillLimits,
  type SkillLog,
  type SkillMessage,
  type SkillResult,
  type StepOptions,
  type StepRetry,
  type StepScope,
  type StreamPart,
} from './activities/skill';
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
  LegacyFile,
  LegacyPart,
  TaskArtifactUpdateEvent,
} from './activities/artifact-events';
