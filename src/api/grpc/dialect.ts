// Where the gRPC services of the two generations differ.

import type { DescMethod, FileRegistry, JsonValue } from '@bufbuild/protobuf';
import type { CallOptions, Generation } from '../wire/call';
import { checkParams } from '../wire/methods';
import {
  type Answer,
  checkLegacyRequest,
  legacyDetails,
  mendLegacyAnswer,
  mendLegacyRequest,
} from './legacy';

export interface Dialect {
  readonly generation: Generation;
  readonly methods: readonly DescMethod[];
  /** @throws FaultError `invalidParams`, or why the operation is not served. */
  check(method: string, request: JsonValue): void;
  /** What the SDK would not pass on. */
  details(request: JsonValue): Pick<CallOptions, 'partDetails' | 'historyLength'>;
  /** @param decoded by the SDK's codec. */
  request(decoded: unknown): unknown;
  answer(bytes: Buffer, answer: Answer): Buffer;
}

/** The full names of the services, as health and reflection call them. */
export const SERVICE_NAMES = { '1.0': 'lf.a2a.v1.A2AService', '0.3': 'a2a.v1.A2AService' } as const;

export function v1Dialect(registry: FileRegistry): Dialect {
  return {
    generation: '1.0',
    methods: methodsOf(registry, '1.0'),
    check: checkParams,
    details: () => ({}),
    request: (decoded) => decoded,
    answer: (bytes) => bytes,
  };
}

export function legacyDialect(registry: FileRegistry): Dialect {
  return {
    generation: '0.3',
    methods: methodsOf(registry, '0.3'),
    check: checkLegacyRequest,
    details: legacyDetails,
    request: (decoded) => mendLegacyRequest(decoded as object),
    answer: mendLegacyAnswer,
  };
}

function methodsOf(registry: FileRegistry, generation: Generation): readonly DescMethod[] {
  const service = registry.getService(SERVICE_NAMES[generation]);
  if (service === undefined) throw new Error(`proto/ has no ${SERVICE_NAMES[generation]}`);
  return service.methods;
}
