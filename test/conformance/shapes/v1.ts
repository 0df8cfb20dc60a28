// What 1.0 says that its objects hold, field by field and nothing else (A2A §4.1, §4.2, §5.5, §5.6).

import { z } from 'zod';

const id = z.string().min(1);
const metadata = z.record(z.string(), z.unknown());

/** UTC with milliseconds (A2A §5.6.1). */
export const timestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const STATES = [
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
] as const;

const about = {
  metadata: metadata.optional(),
  filename: z.string().min(1).optional(),
  mediaType: z.string().min(1).optional(),
};
const part = z.union([
  z.strictObject({ text: z.string(), ...about }),
  z.strictObject({ raw: z.base64(), ...about }),
  z.strictObject({ url: z.url(), ...about }),
  z.strictObject({ data: z.unknown(), ...about }),
]);

const message = z.strictObject({
  messageId: id,
  contextId: id.optional(),
  taskId: id.optional(),
  role: z.enum(['ROLE_USER', 'ROLE_AGENT']),
  parts: z.array(part).min(1),
  metadata: metadata.optional(),
  extensions: z.array(id).optional(),
  referenceTaskIds: z.array(id).optional(),
});

const status = z.strictObject({ state: z.enum(STATES), message: message.optional(), timestamp });

const artifact = z.strictObject({
  artifactId: id,
  name: z.string().optional(),
  description: z.string().optional(),
  parts: z.array(part).min(1),
  metadata: metadata.optional(),
  extensions: z.array(id).optional(),
});

const task = z.strictObject({
  id,
  contextId: id,
  status,
  artifacts: z.array(artifact).optional(),
  history: z.array(message).optional(),
  metadata: metadata.optional(),
});

const statusUpdate = z.strictObject({
  taskId: id,
  contextId: id,
  status,
  metadata: metadata.optional(),
});

const artifactUpdate = z.strictObject({
  taskId: id,
  contextId: id,
  artifact,
  append: z.boolean().optional(),
  lastChunk: z.boolean().optional(),
  metadata: metadata.optional(),
});

const push = z.strictObject({
  tenant: z.string().optional(),
  id,
  taskId: id,
  url: z.url(),
  token: z.string().optional(),
  authentication: z.strictObject({ scheme: id, credentials: z.string().optional() }).optional(),
});

export const V1 = {
  task,
  answer: z.union([z.strictObject({ task }), z.strictObject({ message })]),
  event: z.union([
    z.strictObject({ task }),
    z.strictObject({ message }),
    z.strictObject({ statusUpdate }),
    z.strictObject({ artifactUpdate }),
  ]),
  /** All four are required, also when they are empty (A2A §3.1.4). */
  page: z.strictObject({
    tasks: z.array(task.omit({ artifacts: true })),
    nextPageToken: z.string(),
    pageSize: z.int().min(1),
    totalSize: z.int().min(0),
  }),
  push,
  pushes: z.strictObject({ configs: z.array(push), nextPageToken: z.string().optional() }),
} as const;
