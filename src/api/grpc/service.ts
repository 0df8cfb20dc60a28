// The SDK's gRPC services as a server is to have them: with our edge around each of their methods.

import type {
  MethodDefinition,
  ServiceDefinition,
  UntypedServiceImplementation,
  handleServerStreamingCall,
  handleUnaryCall,
} from '@grpc/grpc-js';
import type { Dialect } from './dialect';
import { ServiceEdge, asBytes, type GrpcEdgeOptions, type Method } from './edge';

export interface Service {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** The SDK's service as a server is to have it. */
export function guarded(sdk: Service, dialect: Dialect, options: GrpcEdgeOptions): Service {
  const edge = new ServiceEdge(dialect, options);
  const methods = Object.entries(sdk.definition).map(([key, method]) => {
    const definition = method as MethodDefinition<unknown, unknown>;
    const described = dialect.methods.find(({ name }) => definition.path.endsWith(`/${name}`));
    const handle = sdk.implementation[key];
    if (described === undefined || handle === undefined) {
      throw new Error(`proto/ and the SDK differ at ${definition.path}`);
    }
    const { name, input, output } = described;
    const given: Method = { name, input, output, definition };
    const raw = { ...definition, requestDeserialize: asBytes, responseSerialize: asBytes };
    const implementation = definition.responseStream
      ? edge.streaming(given, handle as handleServerStreamingCall<unknown, unknown>)
      : edge.unary(given, handle as handleUnaryCall<unknown, unknown>);
    return { key, raw, implementation };
  });
  return {
    definition: Object.fromEntries(methods.map(({ key, raw }) => [key, raw])),
    implementation: Object.fromEntries(methods.map((m) => [m.key, m.implementation])),
  };
}
