// Calls over gRPC in ProtoJSON, on a connection of their own, with all that comes besides the answer.

import { Client, Metadata, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { fromBinary, toJson, type DescMethod, type JsonValue } from '@bufbuild/protobuf';
import { Codec } from '../../src/api/grpc/codec';
import { loadDescriptors } from '../../src/api/grpc/descriptors';
import type { Headings } from './calls';
import { WAIT_MS } from './eventually';
import { GrpcStream } from './grpc-stream';
import type { WireEvent } from './wire';

export const V1 = 'lf.a2a.v1.A2AService';
export const V03 = 'a2a.v1.A2AService';

const { registry } = loadDescriptors();
const codec = new Codec(registry);
const asIs = (bytes: Buffer): Buffer => bytes;

/** A refusal: the code by name, and what `grpc-status-details-bin` holds. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** Of `google.rpc.ErrorInfo`; absent when grpc-js itself refused. */
  readonly reason: string | undefined;
  readonly details: readonly Readonly<Record<string, unknown>>[];
}

export interface GrpcAnswer<T> {
  readonly value: T;
  readonly raw: Buffer;
  readonly initial: Metadata;
}

export interface GrpcCall {
  readonly headings?: Headings;
  /** Default: the longest wait of the tests. */
  readonly withinMs?: number;
}

function methodOf(service: string, name: string): DescMethod {
  const method = registry.getService(service)?.methods.find((m) => m.name === name);
  if (method === undefined) throw new Error(`there is no ${service}/${name}`);
  return method;
}

export function toBytes(service: string, name: string, request: object): Buffer {
  return codec.toBytes(methodOf(service, name).input, request as JsonValue);
}

/** One client on a connection of its own; close it. */
export class GrpcCaller {
  private readonly client: Client;
  private readonly service: string;

  constructor(address: string, service: string = V1) {
    this.service = service;
    this.client = new Client(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  /** Rejects with the `ServiceError` of grpc-js; see `refusalOf`. */
  ask<T>(name: string, request: object | Buffer, call: GrpcCall = {}): Promise<GrpcAnswer<T>> {
    const method = methodOf(this.service, name);
    return new Promise((resolve, reject) => {
      let initial = new Metadata();
      const sent = this.client.makeUnaryRequest(
        `/${this.service}/${name}`,
        asIs,
        asIs,
        this.bytesOf(name, request),
        metadataOf(call),
        { deadline: deadlineOf(call) },
        (err, raw) => {
          if (err !== null) reject(err);
          else if (raw === undefined) reject(new Error('no answer'));
          else resolve({ value: codec.toJson(method.output, raw) as T, raw, initial });
        },
      );
      sent.on('metadata', (metadata: Metadata) => {
        initial = metadata;
      });
    });
  }

  stream(name: string, request: object | Buffer, call: GrpcCall = {}): GrpcStream {
    const { output } = methodOf(this.service, name);
    const opened = this.client.makeServerStreamRequest(
      `/${this.service}/${name}`,
      asIs,
      asIs,
      this.bytesOf(name, request),
      metadataOf(call),
      { deadline: deadlineOf(call) },
    );
    return new GrpcStream(opened, (raw) => codec.toJson(output, raw) as WireEvent);
  }

  /** Of a method that `proto/` need not have. */
  raw(path: string, request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(path, asIs, asIs, request, (err) => {
        if (err === null) resolve();
        else reject(err);
      });
    });
  }

  close(): void {
    this.client.close();
  }

  private bytesOf(name: string, request: object | Buffer): Buffer {
    return Buffer.isBuffer(request) ? request : toBytes(this.service, name, request);
  }
}

/** What a call that must be refused was told. */
export async function refusalOf(answer: Promise<unknown>): Promise<Refusal> {
  const err = await answer.then(
    (value) => {
      throw new Error(`not refused: ${JSON.stringify(value).slice(0, 500)}`);
    },
    (thrown: unknown) => thrown as ServiceError,
  );
  return toRefusal(err);
}

export function toRefusal(err: ServiceError): Refusal {
  const [bytes] = err.metadata.get('grpc-status-details-bin');
  const details = Buffer.isBuffer(bytes) ? detailsIn(bytes) : [];
  const reason = details.find((detail) => 'reason' in detail)?.['reason'] as string | undefined;
  return { code: status[err.code] ?? '', message: err.details, reason, details };
}

function detailsIn(bytes: Buffer): Refusal['details'] {
  const message = codec.message('google.rpc.Status');
  const told = toJson(message, fromBinary(message, bytes), { registry });
  return (told as { readonly details?: Refusal['details'] }).details ?? [];
}

function metadataOf({ headings = {} }: GrpcCall): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headings)) metadata.set(name, value);
  return metadata;
}

function deadlineOf({ withinMs = WAIT_MS }: GrpcCall): number {
  return Date.now() + withinMs;
}
