// `longhaul/client`: what a program that calls agents imports.

export { assembleArtifacts, type AssembledArtifact } from './assemble-artifacts';
export {
  createLonghaulClient,
  type AgentSource,
  type LonghaulClientOptions,
} from './create-client';
export {
  ConnectionError,
  ConnectionLostError,
  ConnectTimeoutError,
  EventGapError,
  EventTooLargeError,
  HttpStatusError,
  LonghaulClientError,
  ProtocolError,
  SendLostError,
  TaskFailedError,
  TaskStateError,
  TaskTimeoutError,
  UnavailableError,
} from './errors';
export { cursorOf, unreadMessageIds } from './extensions';
export { foldEvent, isTerminal } from './fold';
export type { FollowOptions, LonghaulClient, SendOptions } from './longhaul-client';
export { textMessage, type TextOptions } from './messages';
export type { MonitorOptions } from './monitor';
export type { ReconnectOptions } from './pace';
