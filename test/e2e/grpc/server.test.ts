// What the gRPC port serves besides A2A: health, reflection, the card's word of it; and its settings.

import type { Client, Metadata } from '@grpc/grpc-js';
import {
  credentials,
  loadPackageDefinition,
  type ClientDuplexStream,
  type ClientReadableStream,
  type GrpcObject,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { messageFor } from '../../harness/calls';
import { startChild } from '../../harness/child';
import { eventually, within } from '../../harness/eventually';
import { GrpcCaller, V03, V1, refusalOf } from '../../harness/grpc';
import { useStack } from '../../harness/stack';

const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';

const stack = useStack({ servesGrpc: true });

const clients: Client[] = [];
const callers: GrpcCaller[] = [];
afterAll(() => {
  for (const open of [...clients, ...callers]) open.close();
});

function clientOf(proto: string, service: string, address = stack.grpc): Client {
  const loaded = loadPackageDefinition(loadSync(proto, { enums: String, oneofs: true }));
  const Service = service
    .split('.')
    .reduce<unknown>((scope, name) => (scope as GrpcObject)[name], loaded);
  const client = new (Service as ServiceClientConstructor)(address, credentials.createInsecure());
  clients.push(client);
  return client;
}

type Unary = (request: object, done: (err: ServiceError | null, value: unknown) => void) => void;

function ask(client: Client, method: string, request: object): Promise<unknown> {
  const call = (client as unknown as Record<string, Unary>)[method]!.bind(client);
  const answer = new Promise((resolve, reject) => {
    call(request, (err, value) => {
      if (err === null) resolve(value);
      else reject(err);
    });
  });
  return within(`the answer of ${method}`, answer);
}

describe('the health service', () => {
  const health = (address?: string): Client =>
    clientOf(protoPath, 'grpc.health.v1.Health', address);

  test.each(['', V1, V03])('says of %j that it serves', async (service) => {
    expect(await ask(health(), 'check', { service })).toEqual({ status: 'SERVING' });
  });

  test('knows no other service', async () => {
    const unknown = refusalOf(ask(health(), 'check', { service: 'nobody' }));
    expect(await unknown).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('answers a name that no trailer could carry, and goes on', async () => {
    const client = health();
    const unknown = refusalOf(ask(client, 'check', { service: 'n'.repeat(100_000) }));
    expect(await unknown).toMatchObject({ code: 'NOT_FOUND' });
    expect(await ask(client, 'check', {})).toEqual({ status: 'SERVING' });
  });

  test('lists them all', async () => {
    const { statuses } = (await ask(health(), 'list', {})) as { readonly statuses: object };
    expect(Object.keys(statuses).sort()).toEqual(['', V03, V1].sort());
  });

  test('says when Temporal does not answer, and tells those who watch', async () => {
    const client = health();
    const watch = (
      client as unknown as Record<string, (r: object) => ClientReadableStream<object>>
    )['watch']!.call(client, { service: V1 });
    const told: object[] = [];
    watch.on('data', (said: object) => told.push(said));
    watch.on('error', () => undefined);
    await eventually(() => expect(told).toEqual([{ status: 'SERVING' }]));
    await stack.temporal.kill();
    try {
      expect(await ask(client, 'check', {})).toEqual({ status: 'NOT_SERVING' });
      await eventually(() => expect(told.at(-1)).toEqual({ status: 'NOT_SERVING' }));
    } finally {
      await stack.temporal.restart();
    }
    await eventually(async () => {
      expect(await ask(client, 'check', {})).toEqual({ status: 'SERVING' });
    });
    await eventually(() => expect(told.at(-1)).toEqual({ status: 'SERVING' }));
    watch.cancel();
  });

  test('ends a watch when the gateway stops', async () => {
    const doomed = await stack.startGateway();
    const client = health(doomed.grpcAddress);
    const watch = (
      client as unknown as Record<string, (r: object) => ClientReadableStream<object>>
    )['watch']!.call(client, {});
    const told: object[] = [];
    watch.on('data', (said: object) => told.push(said)).on('error', () => undefined);
    await eventually(() => expect(told).toHaveLength(1));
    const from = Date.now();
    await Promise.all([doomed.stop(), within('the end', once(watch, 'end'))]);
    expect(Date.now() - from).toBeLessThan(2_000);
    expect(told.at(-1)).toEqual({ status: 'NOT_SERVING' });
  });
});

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  const PROTO = join(
    dirname(require.resolve('@grpc/reflection/package.json')),
    `build/proto/grpc/reflection/${version}/reflection.proto`,
  );

  interface Said {
    readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
    readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
  }

  async function reflect(request: object): Promise<Said> {
    const client = clientOf(PROTO, `grpc.reflection.${version}.ServerReflection`);
    const open = (client as unknown as Record<string, () => ClientDuplexStream<object, Said>>)[
      'serverReflectionInfo'
    ]!;
    const stream = open.call(client);
    stream.write(request);
    stream.end();
    const [said] = (await within('the answer', once(stream, 'data'))) as [Said];
    return said;
  }

  test('names the services', async () => {
    const { listServicesResponse } = await reflect({ listServices: '*' });
    const names = listServicesResponse!.service.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([V1, V03, 'grpc.health.v1.Health']));
  });

  test.each([V1, V03, 'grpc.health.v1.Health'])(
    'gives %s with all that it needs',
    async (symbol) => {
      const { fileDescriptorResponse } = await reflect({ fileContainingSymbol: symbol });
      const files = fileDescriptorResponse!.fileDescriptorProto.map((bytes) =>
        fromBinary(FileDescriptorProtoSchema, bytes),
      );
      // A registry refuses a file before those that it imports, and a type that is nowhere.
      const ordered = [...files].sort((a, b) => a.dependency.length - b.dependency.length);
      const registry = createFileRegistry(
        create(FileDescriptorSetSchema, { file: dedupe(ordered) }),
      );
      expect(registry.getService(symbol)!.methods.length).toBeGreaterThan(1);
    },
  );
});

function dedupe(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  return [...new Map(files.map((file) => [file.name, file])).values()];
}

describe('the extensions that were asked for (A2A §3.2.6)', () => {
  const message: Readonly<Record<string, object>> = {
    [V1]: messageFor('echo'),
    [V03]: {
      messageId: 'm',
      role: 'ROLE_USER',
      content: [{ text: 'hello' }],
      metadata: { skillId: 'echo' },
    },
  };

  describe.each([
    { service: V1, header: 'a2a-extensions', other: 'x-a2a-extensions' },
    { service: V03, header: 'x-a2a-extensions', other: 'a2a-extensions' },
  ])('of $service', ({ service, header, other }) => {
    const activated = async (asked: string, name = header): Promise<readonly unknown[]> => {
      const caller = new GrpcCaller(stack.grpc, service);
      callers.push(caller);
      const call = { headings: { [name]: asked } };
      const { initial } = await caller.ask('SendMessage', { message: message[service] }, call);
      const stream = caller.stream('SendStreamingMessage', { message: message[service] }, call);
      await stream.toEnd();
      const names = (metadata: Metadata | undefined) => [
        metadata?.get(header),
        metadata?.get(other),
      ];
      expect(names(stream.initial)).toEqual(names(initial));
      return names(initial);
    };

    test('are named when they are supported, of a call and of a stream', async () => {
      expect(await activated(`https://example.com/ext, ${CURSOR}`)).toEqual([[CURSOR], []]);
      expect(await activated(CURSOR, other)).toEqual([[CURSOR], []]);
      expect(await activated('https://example.com/ext')).toEqual([[], []]);
    });
  });
});

describe('the card', () => {
  interface Card {
    readonly supportedInterfaces: readonly {
      url: string;
      protocolBinding: string;
      protocolVersion: string;
    }[];
  }
  const bindingsOf = async (url: string): Promise<readonly string[]> => {
    const response = await fetch(`${url}/.well-known/agent-card.json`);
    const card = (await response.json()) as Card;
    return card.supportedInterfaces.map(
      (i) => `${i.protocolVersion} ${i.protocolBinding} ${i.url}`,
    );
  };

  test('lists gRPC once per generation, 1.0 first', async () => {
    const [rpc, rest] = [`JSONRPC ${stack.url}/`, `HTTP+JSON ${stack.url}`];
    const expected = ['1.0', '0.3'].flatMap((v) =>
      [rpc, rest, `GRPC ${stack.grpc}`].map((b) => `${v} ${b}`),
    );
    expect(await bindingsOf(stack.url)).toEqual(expected);
  });

  test('says where PUBLIC_GRPC_URL says', async () => {
    const gateway = await stack.startGateway({ PUBLIC_GRPC_URL: 'grpc.example.com:443' });
    expect(await bindingsOf(gateway.url)).toContain('1.0 GRPC grpc.example.com:443');
  });
});

test('a port that is taken is named, and so is its setting', async () => {
  const child = startChild(['gateway'], {
    ...process.env,
    PORT: '0',
    GRPC_PORT: stack.grpc.split(':')[1],
    TEMPORAL_ADDRESS: stack.temporal.address,
    DATA_DIR: stack.temporal.dataDir,
  });
  expect(await within('the refusal', child.ended)).toBe(1);
  expect(child.output()).toMatch(/port \d+ on 127\.0\.0\.1 is taken.*set GRPC_PORT/);
  expect(child.output()).not.toMatch(/^ {4}at /m);
});
