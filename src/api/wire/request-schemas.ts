// The shape of requests of both generations, checked on the raw JSON before the SDK coerces it.

import { z } from 'zod';
import { FaultError } from './error-table';
import { PAGE_SIZE_MAX, id, idText, list, object, pageSize, strings } from './field-schemas';
import { PUSH_REQUESTS } from './push-schemas';

/** More parts than any client sends, few enough to look at one by one. */
const PARTS_MAX = 1_000;
/** A wrong request is told what is wrong with it, not all of what is wrong with it. */
const ISSUES_TOLD = 10;
const INT32_MAX = 2_147_483_647;

/** Escaped, as in an address: together with a principal it has to be one keyword. */
const TENANT_MAX = 128;
/** Dots vanish from paths; what follows `/tasks/` is a task. */
const NOT_TENANTS: readonly string[] = ['.', '..', 'tasks'];
const tenantText = idText.pipe(
  z
    .string()
    .refine((text) => !NOT_TENANTS.includes(text), 'must not be ".", ".." or "tasks"')
    .refine((text) => encodeURIComponent(text).length <= TENANT_MAX, {
      error: `must be at most ${String(TENANT_MAX)} characters, escaped as in an address`,
    }),
);
const tenant = z.looseObject({ tenant: tenantText });
const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'must be base64');
const historyLength = z.int32().min(0, 'must not be negative').nullish();

const isFilled = (items: readonly unknown[]): boolean => items.length > 0;

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
  .refine((p) => CONTENTS.filter((key) => isThere(p[key])).length === 1, {
    // Not `data: null`: no codec of A2A tells it from no content.
    error: 'must have exactly one of text, raw, url, data',
  });

const message = z.looseObject({
  messageId: id,
  role: z.enum(['ROLE_USER', 'ROLE_AGENT']),
  parts: list(part, PARTS_MAX).refine(isFilled, 'must not be empty'),
  contextId: idText.nullish(),
  taskId: idText.nullish(),
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
      taskPushNotificationConfig: PUSH_REQUESTS.config.nullish(),
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

/** An offset may lead out of the years that RFC 3339 has, and Temporal's filters have no others. */
const FIRST_TIME = Date.parse('0000-01-01T00:00:00Z');
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z');
const timestamp = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time' })
  .refine((time) => Date.parse(time) >= FIRST_TIME && Date.parse(time) <= LAST_TIME, {
    error: 'must be in the years 0000 to 9999, in UTC',
  });

const taskId = z.looseObject({ id, tenant: z.string().nullish(), metadata: object.nullish() });
/** Of a POST whose path says the rest. */
const actionBody = z.looseObject({ metadata: object.nullish() });
const getTask = taskId.extend({ historyLength });
const listTasks = z.looseObject({
  contextId: idText.nullish(),
  status: z.enum(TASK_STATES).nullish(),
  pageSize: pageSize.nullish(),
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
  parts: list(legacyPart, PARTS_MAX).refine(isFilled, 'must not be empty'),
});

const legacySend = z.looseObject({
  message: legacyMessage,
  metadata: object.nullish(),
  configuration: z
    .looseObject({
      acceptedOutputModes: strings,
      historyLength,
      blocking: z.boolean().nullish(),
      pushNotificationConfig: PUSH_REQUESTS.legacyConfig.nullish(),
      /** Its name on REST. */
      pushNotification: PUSH_REQUESTS.legacyConfig.nullish(),
    })
    .nullish(),
});

const LEGACY_CONTENTS = ['text', 'file', 'data'] as const;

const legacyRestPart = z
  .looseObject({
    text: z.string().nullish(),
    file: z
      .looseObject({
        fileWithBytes: base64.nullish(),
        fileWithUri: z.string().nullish(),
        name: z.string().nullish(),
        mimeType: z.string().nullish(),
      })
      .nullish(),
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
      content: list(legacyRestPart, PARTS_MAX).nullish(),
      parts: list(legacyRestPart, PARTS_MAX).nullish(),
    })
    .refine((m) => (m.content ?? m.parts ?? []).length > 0, { error: 'content must not be empty' }),
});

/** Numbers and booleans of a query string. */
const digits = z
  .string()
  .regex(/^\d{1,10}$/, 'must be a number that is not negative')
  .refine((text) => Number(text) <= INT32_MAX, `must be at most ${String(INT32_MAX)}`);
const getTaskQuery = z.looseObject({
  historyLength: digits.optional(),
  history_length: digits.optional(),
});
const listTasksQuery = z.looseObject({
  contextId: idText.optional(),
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
  tenant,
  sendMessage,
  getTask,
  listTasks,
  taskId,
  actionBody,
  legacySend,
  legacyRestSend,
  getTaskQuery,
  listTasksQuery,
} as const;

/** @throws FaultError `invalidParams` with one `field: what is wrong` a line. */
export function checkRequest(schema: z.ZodType, value: unknown): void {
  const checked = schema.safeParse(value);
  if (checked.success) return;
  throw new FaultError('invalidParams', issueLines(checked.error));
}

/**
 * One `field: what is wrong` a line.
 * @param at where the checked value is in the request.
 */
export function issueLines({ issues }: z.ZodError, at: readonly PropertyKey[] = []): string {
  const told = issues.slice(0, ISSUES_TOLD);
  const lines = told.map(({ path, message }) => `${pathOf([...at, ...path])}: ${message}`);
  if (issues.length > told.length) lines.push(`and ${String(issues.length - told.length)} more`);
  return lines.join('\n');
}

function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) =>
    typeof key === 'number' ? `[${String(key)}]` : `.${String(key)}`,
  );
  return text.join('').replace(/^\./, '') || 'params';
}
