// The shape of requests on push notification configurations, in both generations (A2A §4.3.1, 0.3 §6.8).

import { z } from 'zod';
import { id, idText, pageSize } from './field-schemas';

/** A token of some kilobytes; receivers take 8 KiB to 16 KiB of headers in all. */
const SECRET_MAX = 4_096;

/** What a header can carry: no line breaks, so that nobody adds headers of his own. */
const secret = z
  .string()
  .max(SECRET_MAX)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII');
/** RFC 9110 §11.1. */
const scheme = z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,64}$/, 'must be an authentication scheme');

/** Clients that tidy paths would never reach these. */
const configId = idText.refine((text) => !['.', '..'].includes(text), 'must not be "." or ".."');

const config = z.looseObject({
  id: configId.nullish(),
  url: z.string(),
  token: secret.nullish(),
  authentication: z.looseObject({ scheme, credentials: secret.nullish() }).nullish(),
});

/** 0.3 names several schemes that the receiver takes; the first one is used. */
const legacyConfig = config.extend({
  authentication: z
    .looseObject({ schemes: z.array(scheme).min(1).max(16), credentials: secret.nullish() })
    .nullish(),
});

export const PUSH_REQUESTS = {
  /** As it is in a send, and on REST: the task is known. */
  config,
  create: config.extend({ taskId: id }),
  one: z.looseObject({ taskId: id, id }),
  list: z.looseObject({
    taskId: id,
    pageSize: pageSize.nullish(),
    pageToken: z.string().nullish(),
  }),
  legacyConfig,
  legacySet: z.looseObject({ taskId: id, pushNotificationConfig: legacyConfig }),
  legacyRestSet: z.looseObject({ name: z.string(), pushNotificationConfig: legacyConfig }),
  legacyGet: z.looseObject({ id, pushNotificationConfigId: id.nullish() }),
  legacyDelete: z.looseObject({ id, pushNotificationConfigId: id }),
} as const;
