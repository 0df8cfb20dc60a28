// What 0.3 says that its objects hold in REST and gRPC: the JSON of its protobuf (0.3 §3.2.3, a2a.v1).

import { z } from 'zod';
import { timestamp } from './v1';

const id = z.string().min(1);
const metadata = z.record(z.string(), z.unknown()).optional();

const named = { mimeType: z.string().optional(), name: z.string().optional() };
const file = z.union([
  z.strictObject({ fileWithBytes: z.base64(), ...named }),
  z.strictObject({ fileWithUri: z.url(), ...named }),
]);
const data = z.strictObject({ data: z.record(z.string(), z.unknown()) });
const part = z.union([
  z.strictObject({ text: z.string(), metadata }),
  z.strictObject({ file, metadata }),
  z.strictObject({ data, metadata }),
]);

const message = z.strictObject({
  messageId: id,
  contextId: id.optional(),
  taskId: id.optional(),
  role: z.enum(['ROLE_USER', 'ROLE_AGENT']),
  content: z.array(part).min(1),
  metadata,
  extensions: z.array(id).optional(),
});

/** It spells one of them as 1.0 does not. */
const state = z.enum([
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELLED',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
]);
const status = z.strictObject({ state, message: message.optional(), timestamp });

const artifact = z.strictObject({
  artifactId: id,
  name: z.string().optional(),
  description: z.string().optional(),
  parts: z.array(part).min(1),
  metadata,
  extensions: z.array(id).optional(),
});

const task = z.strictObject({
  id,
  contextId: id,
  status,
  artifacts: z.array(artifact).optional(),
  history: z.array(message).optional(),
  metadata,
});

const statusUpdate = z.strictObject({
  taskId: id,
  contextId: id,
  status,
  /** Protobuf leaves `false` out. */
  final: z.literal(true).optional(),
  metadata,
});

const artifactUpdate = z.strictObject({
  taskId: id,
  contextId: id,
  artifact,
  append: z.literal(true).optional(),
  lastChunk: z.literal(true).optional(),
  metadata,
});

const push = z.strictObject({
  name: z.string().regex(/^tasks\/[^/]+\/pushNotificationConfigs\/[^/]+$/),
  pushNotificationConfig: z.strictObject({
    id: id.optional(),
    url: z.url(),
    token: z.string().optional(),
    authentication: z
      .strictObject({ schemes: z.array(id), credentials: z.string().optional() })
      .optional(),
  }),
});

export const LEGACY_PROTO = {
  task,
  answer: z.union([z.strictObject({ task }), z.strictObject({ message })]),
  event: z.union([
    z.strictObject({ task }),
    z.strictObject({ message }),
    z.strictObject({ statusUpdate }),
    z.strictObject({ artifactUpdate }),
  ]),
  push,
  pushes: z.strictObject({
    configs: z.array(push).optional(),
    nextPageToken: z.string().optional(),
  }),
} as const;
