// Requests as JSON: of 1.0, of 0.3 on JSON-RPC, and of 0.3's protobuf.

import { randomUUID } from 'node:crypto';
import type { Asked, Said } from '../via';

type Json = Readonly<Record<string, unknown>>;

/** `aGVsbG8=` is `hello`. */
const BYTES = 'aGVsbG8=';

/** The fields that are there. */
function given(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function messageOf({ skill, taskId, contextId }: Said): Json {
  return given({ messageId: randomUUID(), taskId, contextId, metadata: { skillId: skill } });
}

interface PartForms {
  text(text: string): Json;
  data(data: Json): Json;
  file(mediaType: string): Json;
}

function partsOf({ text = 'please', options, fileType, isEmpty }: Said, as: PartForms): Json[] {
  if (isEmpty === true) return [];
  return [
    as.text(text),
    ...(options === undefined ? [] : [as.data(options)]),
    ...(fileType === undefined ? [] : [as.file(fileType)]),
  ];
}

export function v1Send({ message, waits = true, historyLength }: Asked): Json {
  const parts = partsOf(message!, {
    text: (text) => ({ text }),
    data: (data) => ({ data }),
    file: (mediaType) => ({ raw: BYTES, mediaType }),
  });
  return {
    message: { ...messageOf(message!), role: 'ROLE_USER', parts },
    configuration: given({ returnImmediately: !waits, historyLength }),
  };
}

export function legacySend({ message, waits = true, historyLength }: Asked): Json {
  const parts = partsOf(message!, {
    text: (text) => ({ kind: 'text', text }),
    data: (data) => ({ kind: 'data', data }),
    file: (mimeType) => ({ kind: 'file', file: { bytes: BYTES, mimeType } }),
  });
  return {
    message: { kind: 'message', ...messageOf(message!), role: 'user', parts },
    configuration: given({ blocking: waits, historyLength }),
  };
}

export function legacyProtoSend({ message, waits = true, historyLength }: Asked): Json {
  const content = partsOf(message!, {
    text: (text) => ({ text }),
    data: (data) => ({ data: { data } }),
    file: (mimeType) => ({ file: { fileWithBytes: BYTES, mimeType } }),
  });
  return {
    message: { ...messageOf(message!), role: 'ROLE_USER', content },
    configuration: given({ blocking: waits, historyLength }),
  };
}

const AUTHENTICATION = { scheme: 'Bearer', credentials: 'secret' } as const;

export function v1Config({ taskId, configId, url }: Asked): Json {
  return given({ taskId, id: configId, url, token: 'token', authentication: AUTHENTICATION });
}

/** The same in JSON and in protobuf. */
export function legacyConfig({ configId, url }: Asked): Json {
  const { scheme, credentials } = AUTHENTICATION;
  const authentication = { schemes: [scheme], credentials };
  return given({ id: configId, url, token: 'token', authentication });
}
