// The metadata of a gRPC call as headers, and whether the version that it names is the service's.

import { Metadata } from '@grpc/grpc-js';
import { extensionsEcho, generationOf, hasVersion, type CallHeaders } from '../call-headers';
import type { Offer } from '../offer';
import type { Generation } from '../wire/call';
import { FaultError } from '../wire/error-table';

export function headersOf(metadata: Metadata): CallHeaders {
  return {
    get(name) {
      const values = metadata.get(name);
      return values.length === 0 ? undefined : values.map(String).join(',');
    },
  };
}

/**
 * A service is of one generation; a caller that names none means that one.
 * @throws FaultError `versionNotSupported`.
 */
export function assertVersion(headers: CallHeaders, generation: Generation): void {
  if (!hasVersion(headers) || generationOf(headers) === generation) return;
  throw new FaultError(
    'versionNotSupported',
    `a2a-version: this service speaks ${generation}; ` +
      'lf.a2a.v1.A2AService is that of 1.0, a2a.v1.A2AService that of 0.3',
  );
}

/** The initial metadata of the answer; undefined when it has nothing to say. */
export function echoOf(
  headers: CallHeaders,
  generation: Generation,
  offer: Offer,
): Metadata | undefined {
  const echo = Object.entries(extensionsEcho(headers, generation, offer));
  if (echo.length === 0) return undefined;
  const metadata = new Metadata();
  for (const [name, value] of echo) metadata.set(name, value);
  return metadata;
}
