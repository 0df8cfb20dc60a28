// What 0.3 says that its objects hold in JSON-RPC: a `kind` on each, states in lower case (0.3 §6).

import { z } from 'zod';
import { timestamp } from './v1';

const id = z.string().min(1);
const metadata = z.record(z.string(), z.unknown()).optional();

const named = { mimeType: z.string().optional(), name: z.string().optional() };
const file = z.union([
  z.strictObject({ bytes: z.base64(), ...named }),
  z.strictObject({ uri: z.url(), ...named }),
]);
const part = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string(), metadata }),
  z.strictObject({ kind: z.literal('file'), file, metadata }),
  z.strictObject({ kind: z.literal('data'), data: z.record(z.string(), z.unknown()), metadata }),
]);

const message = z.strictObject({
  kind: z.literal('message'),
  messageId: id,
  contextId: id.optional(),
  taskId: id.optional(),
  role: z.enum(['user', 'agent']),
  parts: z.array(part).min(1),
  metadata,
  extensions: z.array(id).optional(),
  referenceTaskIds: z.array(id).optional(),
});

const state = z.enum([
  'submitted',
  'working',
  'input-required',
  'completed',
  'canceled',
  'failed',
  'rejected',
  'auth-required',
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
  kind: z.literal('task'),
  id,
  contextId: id,
  status,
  artifacts: z.array(artifact).optional(),
  history: z.array(message).optional(),
  metadata,
});

const statusUpdate = z.strictObject({
  kind: z.literal('status-update'),
  taskId: id,
  contextId: id,
  status,
  /** Required, and so never left out. */
  final: z.boolean(),
  metadata,
});

const artifactUpdate = z.strictObject({
  kind: z.literal('artifact-update'),
  taskId: id,
  contextId: id,
  artifact,
  append: z.boolean().optional(),
  lastChunk: z.boolean().optional(),
  metadata,
});

const push = z.strictObject({
  taskId: id,
  pushNotificationConfig: z.strictObject({
    id,
    url: z.url(),
    token: z.string().optional(),
    authentication: z
      .strictObject({ schemes: z.array(id), credentials: z.string().optional() })
      .optional(),
  }),
});

export const LEGACY = {
  task,
  answer: z.union([task, message]),
  event: z.union([task, message, statusUpdate, artifactUpdate]),
  push,
  pushes: z.array(push),
} as const;
