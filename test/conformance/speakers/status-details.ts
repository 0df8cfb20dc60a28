// Reads `grpc-status-details-bin`: a google.rpc.Status with google.rpc.ErrorInfo and others inside.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { Metadata } from '@grpc/grpc-js';

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';

/** Field number to the bytes of each occurrence; numbers and the like left out. */
function fieldsOf(bytes: Uint8Array): ReadonlyMap<number, readonly Uint8Array[]> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.LengthDelimited) {
      fields.set(number, [...(fields.get(number) ?? []), reader.bytes()]);
    } else reader.skip(type, number);
  }
  return fields;
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

/** The details as JSON; those of other types by their type alone. */
export function statusDetails(metadata: Metadata): readonly unknown[] {
  const [status] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(status)) return [];
  return (fieldsOf(status).get(3) ?? []).map((any) => {
    const [type, value] = [1, 2].map((number) => fieldsOf(any).get(number)?.[0]);
    if (text(type) !== ERROR_INFO) return { '@type': text(type) };
    const [reason, domain] = [1, 2].map((number) => text(fieldsOf(value!).get(number)?.[0]));
    return { '@type': ERROR_INFO, reason, domain };
  });
}
