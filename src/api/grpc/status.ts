// What a failure is called on gRPC: its code, and a google.rpc.Status with the details (A2A §10.6).

import type { JsonValue } from '@bufbuild/protobuf';
import { Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { detailsOf, fault, toFault, type Fault } from '../wire/error-table';
import type { Codec } from './codec';

/**
 * The message travels twice in the trailers, once with three characters for most bytes; clients in C
 * begin to refuse trailers at 8 KiB.
 */
const MESSAGE_BYTES = 1_024;

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** @param codec knows google.rpc. */
export function toStatus(codec: Codec, said: Fault): StatusObject {
  const code = status[said.status];
  const { retryAfterS } = said;
  const message = shortened(said.message);
  const retry =
    retryAfterS === undefined
      ? []
      : [{ '@type': RETRY_INFO, retryDelay: `${String(retryAfterS)}s` }];
  const details = [...detailsOf({ ...said, message }), ...retry] as JsonValue[];
  const metadata = new Metadata();
  const bytes = codec.toBytes(codec.message('google.rpc.Status'), { code, message, details });
  metadata.set('grpc-status-details-bin', bytes);
  return { code, details: message, metadata };
}

/** Also well-formed: half a surrogate pair cannot be sent. */
function shortened(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= MESSAGE_BYTES) return bytes.toString();
  const text = bytes.subarray(0, MESSAGE_BYTES).toString();
  return `${text.replace(/\ufffd+$/, '')}…`;
}

/** What was thrown by us, or is a status that the SDK has made of what it found by itself. */
export function faultOf(err: unknown): Fault {
  if (err instanceof Error) return toFault(err, 'other');
  const { code, details } = err as Partial<StatusObject>;
  // Anything else is a failure, and its text would tell too much.
  return code === status.INVALID_ARGUMENT && details !== undefined
    ? fault('invalidParams', details)
    : fault('internal', 'internal error');
}
