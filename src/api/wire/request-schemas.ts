// The shape of requests of both generations, checked on the raw JSON before the SDK coerces it.

import { z } from 'zod';
import { FaultError } from './error-table';

/** More parts than any client sends, few enough to look at one by one. */
const PARTS_MAX = 1_000;
/** Fits a search attribute and a workflow id with room to spare. */
const ID_MAX = 256;

const PAGE_SIZE_MAX = 100;

const id = z.string().min(1, 'must not be empty').max(ID_MAX);
const optionalId = z.string().max(ID_MAX).nullish();
const object = z.record(z.string(), z.unknown());
const strings = z.array(z.string()).nullish();
const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'must be base64');
const historyLength = z.int32().min(0, 'must not be negative').nullish();

/** `null` means absent in ProtoJSON. */
const isThere = (value: unknown): boolean => value !== undefined && value !== null;

const CONTENTS = ['text', 'raw', 'url', 'data'] as const;

const part = z
  .looseObject({
    text: z.string().nullish(),
    raw: base64.nullish(),
    url: z.string().min(1).nullish(),
    filename: z.string().nullish(),
    mediaType: z.string().nullish(),
    metadata: object.nullish(),
  })
  .refine(
    (p) =>
      CONTENTS.filter((key) => isThere(p[key]) || (key === 'data' && 'data' in p)).length === 1,
    {
      error: 'must have exactly one of text, raw, url, data',
    },
  );

const message = z.looseObject({
  messageId: id,
  role: z.enum(['ROLE_USER', 'ROLE_AGENT']),
  parts: z.array(part).min(1, 'must not be empty').max(PARTS_MAX),
  contextId: optionalId,
  taskId: optionalId,
  metadata: object.nullish(),
  extensions: strings,
  referenceTaskIds: strings,
});

const sendMessage = z.looseObject({
  message,
  tenant: z.string().nullish(),
  metadata: object.nullish(),
  configuration: z
    .looseObject({
      acceptedOutputModes: strings,
      historyLength,
      returnImmediately: z.boolean().nullish(),
      taskPushNotificationConfig: object.nullish(),
    })
    .nullish(),
});

const TASK_STATES = [
  'TASK_STATE_UNSPECIFIED',
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
] as const;

const timestamp = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' });

const taskId = z.looseObject({ id, tenant: z.string().nullish(), metadata: object.nullish() });
const getTask = taskId.extend({ historyLength });
const listTasks = z.looseObject({
  contextId: z.string().max(ID_MAX).nullish(),
  status: z.enum(TASK_STATES).nullish(),
  pageSize: z.int().min(1).max(PAGE_SIZE_MAX).nullish(),
  pageToken: z.string().nullish(),
  historyLength,
  statusTimestampAfter: timestamp.nullish(),
  includeArtifacts: z.boolean().nullish(),
});

const legacyPart = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('text'), text: z.string(), metadata: object.nullish() }),
  z.looseObject({ kind: z.literal('data'), data: object, metadata: object.nullish() }),
  z.looseObject({
    kind: z.literal('file'),
    metadata: object.nullish(),
    file: z
      .looseObject({
        bytes: base64.nullish(),
        uri: z.string().min(1).nullish(),
        name: z.string().nullish(),
        mimeType: z.string().nullish(),
      })
      .refine((f) => isThere(f.bytes) !== isThere(f.uri), {
        error: 'must have exactly one of bytes, uri',
      }),
  }),
]);

const legacyMessage = message.extend({
  kind: z.literal('message').nullish(),
  role: z.enum(['user', 'agent']),
  parts: z.array(legacyPart).min(1, 'must not be empty').max(PARTS_MAX),
});

const legacySend = z.looseObject({
  message: legacyMessage,
  metadata: object.nullish(),
  configuration: z
    .looseObject({
      acceptedOutputModes: strings,
      historyLength,
      blocking: z.boolean().nullish(),
      pushNotificationConfig: object.nullish(),
    })
    .nullish(),
});

const LEGACY_CONTENTS = ['text', 'file', 'data'] as const;

const legacyRestPart = z
  .looseObject({
    text: z.string().nullish(),
    file: object.nullish(),
    data: object.nullish(),
    metadata: object.nullish(),
  })
  .refine((p) => LEGACY_CONTENTS.filter((key) => isThere(p[key])).length === 1, {
    error: 'must have exactly one of text, file, data',
  });

/** REST of 0.3 speaks the JSON of its protobuf: `content` for parts, upper-case roles. */
const legacyRestSend = legacySend.extend({
  message: message
    .omit({ parts: true })
    .extend({
      content: z.array(legacyRestPart).max(PARTS_MAX).nullish(),
      parts: z.array(legacyRestPart).max(PARTS_MAX).nullish(),
    })
    .refine((m) => (m.content ?? m.parts ?? []).length > 0, { error: 'content must not be empty' }),
});

/** Numbers and booleans of a query string. */
const digits = z.string().regex(/^\d{1,9}$/, 'must be a number that is not negative');
const getTaskQuery = z.looseObject({
  historyLength: digits.optional(),
  history_length: digits.optional(),
});
const listTasksQuery = z.looseObject({
  contextId: z.string().max(ID_MAX).optional(),
  status: z.union([z.enum(TASK_STATES), z.literal('')]).optional(),
  pageSize: z
    .union([
      z.literal(''),
      digits.refine(
        (n) => Number(n) >= 1 && Number(n) <= PAGE_SIZE_MAX,
        `must be 1 to ${String(PAGE_SIZE_MAX)}`,
      ),
    ])
    .optional(),
  pageToken: z.string().optional(),
  historyLength: z.union([z.literal(''), digits]).optional(),
  statusTimestampAfter: z.union([z.literal(''), timestamp]).optional(),
  includeArtifacts: z.enum(['true', 'false', '']).optional(),
});

export const REQUESTS = {
  sendMessage,
  getTask,
  listTasks,
  taskId,
  legacySend,
  legacyRestSend,
  getTaskQuery,
  listTasksQuery,
} as const;

/** @throws FaultError `invalidParams` with one `field: what is wrong` a line. */
export function checkRequest(schema: z.ZodType, value: unknown): void {
  const checked = schema.safeParse(value);
  if (checked.success) return;
  const lines = checked.error.issues.map((issue) => `${pathOf(issue.path)}: ${issue.message}`);
  throw new FaultError('invalidParams', lines.join('\n'));
}

function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) =>
    typeof key === 'number' ? `[${String(key)}]` : `.${String(key)}`,
  );
  return text.join('').replace(/^\./, '') || 'params';
}
