// One call of a gRPC service on its way to the SDK and back: checks before it, errors after it (A2A §10).

import type { DescMethod } from '@bufbuild/protobuf';
import type {
  Metadata,
  MethodDefinition,
  ServerUnaryCall,
  ServerWritableStream,
  StatusObject,
  handleServerStreamingCall,
  handleUnaryCall,
} from '@grpc/grpc-js';
import type { Scope } from '../../workflows/task';
import { assertExtensions, cursorOf, idempotencyKeyOf } from '../call-headers';
import type { Offer } from '../offer';
import { tenantOf } from '../tenant';
import { Call, untilOver } from '../wire/call';
import { FaultError } from '../wire/error-table';
import { assertNoPush } from '../wire/methods';
import type { Codec } from './codec';
import type { Dialect } from './dialect';
import { assertVersion, echoOf, headersOf } from './metadata';
import { Outgoing } from './outgoing';
import { faultOf, toStatus } from './status';

export interface GrpcEdgeOptions {
  readonly codec: Codec;
  /** Aborts when the gateway closes; open streams end then. */
  readonly closing: AbortSignal;
  readonly offer: Offer;
  /** Where the SDK's service finds what belongs to a call. */
  readonly calls: WeakMap<object, Call>;
  /** @param tenant that the request names, or the default one. */
  scopeOf(metadata: Metadata, tenant: string): Scope;
  onError(err: unknown): void;
}

type UnaryCall = ServerUnaryCall<unknown, unknown>;
type StreamCall = ServerWritableStream<unknown, unknown>;

/** What the SDK has of a method, and what `proto/` says of it. */
export interface Method extends Pick<DescMethod, 'name' | 'input' | 'output'> {
  readonly definition: MethodDefinition<unknown, unknown>;
}

/** The bytes of requests and answers pass through grpc-js as they are. */
export const asBytes = (bytes: unknown): Buffer => bytes as Buffer;

export class ServiceEdge {
  private readonly dialect: Dialect;
  private readonly options: GrpcEdgeOptions;

  constructor(dialect: Dialect, options: GrpcEdgeOptions) {
    this.dialect = dialect;
    this.options = options;
  }

  unary(
    method: Method,
    handle: handleUnaryCall<unknown, unknown>,
  ): handleUnaryCall<unknown, unknown> {
    return (call, callback) => {
      let opened: Call | undefined;
      try {
        const of = (opened = this.open(call, method));
        handle(call, (err, value) => {
          try {
            if (err) callback(this.refusal(err, of));
            else callback(null, this.encode(method, value, of));
          } catch (thrown) {
            callback(this.refusal(thrown, of));
          }
        });
      } catch (err) {
        callback(this.refusal(err, opened));
      }
    };
  }

  streaming(
    method: Method,
    handle: handleServerStreamingCall<unknown, unknown>,
  ): handleServerStreamingCall<unknown, unknown> {
    return (call) => {
      try {
        this.interpose(call, method, this.open(call, method));
      } catch (err) {
        call.emit('error', this.refusal(err, undefined));
        return;
      }
      handle(call);
    };
  }

  /** @throws FaultError for what is wrong with the call before anything is done for it. */
  private open(call: UnaryCall | StreamCall, method: Method): Call {
    const { codec, closing, offer, calls } = this.options;
    const { generation } = this.dialect;
    const headers = headersOf(call.metadata);
    assertVersion(headers, generation);
    const echo = echoOf(headers, generation, offer);
    if (echo !== undefined) call.sendMetadata(echo);
    assertExtensions(headers, generation, offer);
    if (!offer.hasPush) assertNoPush(method.name);
    const bytes = asBytes(call.request);
    const json = codec.readRequest(method.input, bytes);
    this.dialect.check(method.name, json);
    // 0.3 has no tenants.
    const tenant = tenantOf(generation === '0.3' ? {} : { params: json });
    const signal = untilOver(call, 'cancelled', closing);
    const opened = new Call({
      caller: { scope: this.options.scopeOf(call.metadata, tenant), signal },
      generation,
      ...cursorOf(headers),
      ...idempotencyKeyOf(headers),
      ...this.dialect.details(json),
    });
    call.request = this.dialect.request(method.definition.requestDeserialize(bytes));
    calls.set(call, opened);
    return opened;
  }

  /** Puts encoding, backpressure and the error table behind what the SDK does to the stream. */
  private interpose(call: StreamCall, method: Method, opened: Call): void {
    const outgoing = new Outgoing(call, opened.caller.signal);
    const emit = call.emit.bind(call);
    const end = call.end.bind(call);
    opened.ready = () => outgoing.ready();
    call.write = (value: unknown) => {
      outgoing.write(this.encode(method, value, opened));
      return true;
    };
    call.emit = ((event: string, ...args: unknown[]) =>
      event === 'error'
        ? emit('error', this.refusal(args[0], opened))
        : emit(event, ...args)) as StreamCall['emit'];
    call.end = () => {
      // An error ends the stream by the same function.
      call.end = end;
      const { ended, fault } = opened;
      // What ends without a status of its own was to go on: the client is to come back for the rest.
      if (ended?.by !== 'gateway' || fault !== undefined) return end();
      emit('error', this.refusal(new FaultError('stopping', ended.message), opened));
      return call;
    };
  }

  private encode({ definition, output }: Method, value: unknown, call: Call): Buffer {
    const bytes = definition.responseSerialize(value);
    return this.dialect.answer(bytes, { call, codec: this.options.codec, message: output });
  }

  private refusal(err: unknown, call: Call | undefined): StatusObject {
    const said = call?.fault ?? faultOf(err);
    // The handler has told of its own failures.
    if (call?.fault === undefined && said.httpStatus === 500) this.options.onError(err);
    return toStatus(this.options.codec, said);
  }
}
