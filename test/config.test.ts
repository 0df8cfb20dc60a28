// Settings that are checked when a process starts.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig } from '../src/config/read-config';

const ROOT = join(__dirname, '..');

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** What every process has, and nobody sets for this one. */
const OF_THE_SYSTEM = new Set(['PATH', 'XDG_CACHE_HOME']);

const settings = (textOf('src/config/settings.ts').match(/^ {2}[A-Z][A-Z\d_]+(?=: )/gm) ?? [])
  .map((line) => line.trim())
  .filter((name) => !OF_THE_SYSTEM.has(name));

describe('the settings', () => {
  test('are found', () => {
    expect(settings).toEqual(expect.arrayContaining(['HOST', 'ASSISTANT_MODEL', 'S3_ENDPOINT']));
  });

  test.each(settings)('%s is documented', (name) => {
    const page = name.startsWith('ASSISTANT_') ? 'docs/assistant.md' : 'docs/operations.md';
    expect(textOf(page)).toContain(`\`${name}\``);
  });
});

describe('ALLOWED_HOSTS', () => {
  test('is empty by default', () => {
    expect(readConfig({}).allowedHosts).toEqual([]);
    expect(readConfig({ ALLOWED_HOSTS: '' }).allowedHosts).toEqual([]);
  });

  test('names hosts as a Host header does, in any case', () => {
    const { allowedHosts } = readConfig({
      ALLOWED_HOSTS: 'Gateway, longhaul.default.svc,10.0.0.7,',
    });
    expect(allowedHosts).toEqual(['gateway', 'longhaul.default.svc', '10.0.0.7']);
  });

  test.each(['http://gateway', 'gateway:4000', 'gateway/', '*', 'a..b', 'gate way'])(
    'does not take %s, and says so',
    (name) => {
      expect(() => readConfig({ ALLOWED_HOSTS: name })).toThrow(
        /names without a port[^]*ALLOWED_HOSTS/,
      );
    },
  );
});

describe('the settings of the agent card', () => {
  test('are unset by default', () => {
    expect(readConfig({})).toMatchObject({
      agentCard: 'hybrid',
      agentCardFile: undefined,
      extendedAgentCard: undefined,
      cardSigningKey: undefined,
      requiredExtensions: [],
    });
  });

  test('name files relative to the working directory, and URIs in a list', () => {
    const config = readConfig({
      AGENT_CARD_FILE: 'card.json',
      EXTENDED_AGENT_CARD: '/etc/longhaul/extended.json',
      CARD_SIGNING_KEY: './key.pem',
      REQUIRED_EXTENSIONS: 'urn:a:1, urn:b:1,',
    });
    expect(config).toMatchObject({
      agentCardFile: resolve('card.json'),
      extendedAgentCard: '/etc/longhaul/extended.json',
      cardSigningKey: resolve('key.pem'),
      requiredExtensions: ['urn:a:1', 'urn:b:1'],
    });
  });
});

describe('GRPC_PORT and PUBLIC_GRPC_URL', () => {
  test('are off by default', () => {
    expect(readConfig({})).toMatchObject({ grpcPort: undefined, publicGrpcUrl: undefined });
    expect(readConfig({ GRPC_PORT: '' }).grpcPort).toBeUndefined();
  });

  test.each(['0', '65536', 'x', '1.5'])('GRPC_PORT=%s is refused by name', (text) => {
    expect(() => readConfig({ GRPC_PORT: text })).toThrow(/GRPC_PORT/);
  });

  test.each(['agents.example.com:443', '10.0.0.7:4001', '[::1]:4001'])(
    '%s is an address',
    (text) => {
      expect(readConfig({ PUBLIC_GRPC_URL: text }).publicGrpcUrl).toBe(text);
    },
  );

  test.each(['http://example.com:443', 'example.com', 'example.com:', '::1:4001', 'a b:1'])(
    '%s is none',
    (text) => {
      expect(() => readConfig({ PUBLIC_GRPC_URL: text })).toThrow(/host:port[^]*PUBLIC_GRPC_URL/);
    },
  );
});

describe.each(['PUBLIC_URL', 'S3_ENDPOINT', 'ASSISTANT_BASE_URL'])('%s', (name) => {
  test.each(['foo', 'http://', 'localhost:4000', 'ftp://host', 'http://a b'])(
    'as %s is refused by name, with what it must be',
    (value) => {
      expect(() => readConfig({ [name]: value })).toThrow(
        `must be a URL that begins with http:// or https://\n  → at ${name}`,
      );
    },
  );
});

describe('the settings of the assistant', () => {
  const ENDPOINT = { ASSISTANT_BASE_URL: 'http://127.0.0.1:11434/v1/', ASSISTANT_MODEL: 'small' };

  test('are off by default', () => {
    expect(readConfig({}).assistant).toBeUndefined();
    expect(readConfig({ ASSISTANT_BASE_URL: '', ASSISTANT_API_KEY: '' }).assistant).toBeUndefined();
  });

  test('need an endpoint and a model, and have defaults for the rest', () => {
    expect(readConfig(ENDPOINT).assistant).toEqual({
      baseUrl: 'http://127.0.0.1:11434/v1',
      model: 'small',
      apiKey: undefined,
      instructions: undefined,
      maxIterations: 10,
      takesImages: false,
      silenceMs: 120_000,
    });
  });

  test('can all be said', () => {
    const { assistant } = readConfig({
      ...ENDPOINT,
      ASSISTANT_API_KEY: 'sk-1',
      ASSISTANT_INSTRUCTIONS: 'Be brief.',
      ASSISTANT_MAX_ITERATIONS: '3',
      ASSISTANT_IMAGES: 'true',
      ASSISTANT_SILENCE_SECONDS: '0.5',
    });
    expect(assistant).toMatchObject({
      apiKey: 'sk-1',
      instructions: 'Be brief.',
      maxIterations: 3,
      takesImages: true,
      silenceMs: 500,
    });
  });

  test.each([
    { given: { ASSISTANT_BASE_URL: 'http://localhost/v1' }, missing: 'ASSISTANT_MODEL' },
    { given: { ASSISTANT_MODEL: 'small' }, missing: 'ASSISTANT_BASE_URL' },
    { given: { ASSISTANT_API_KEY: 'sk-1' }, missing: 'ASSISTANT_BASE_URL' },
    { given: { ASSISTANT_INSTRUCTIONS: 'Be brief.' }, missing: 'ASSISTANT_BASE_URL' },
  ])('$given without $missing are refused by name', ({ given, missing }) => {
    const [name] = Object.keys(given);
    expect(() => readConfig(given)).toThrow(`${String(name)} without ${missing}: the assistant`);
  });

  test.each([
    { name: 'ASSISTANT_BASE_URL', value: 'localhost:11434' },
    { name: 'ASSISTANT_BASE_URL', value: 'http://me:secret@localhost/v1' },
    { name: 'ASSISTANT_API_KEY', value: 'secret with spaces' },
    { name: 'ASSISTANT_API_KEY', value: 'secret\n' },
    { name: 'ASSISTANT_MAX_ITERATIONS', value: '0' },
    { name: 'ASSISTANT_IMAGES', value: 'yes' },
    { name: 'ASSISTANT_SILENCE_SECONDS', value: '-1' },
  ])('$name=$value is refused by name, and nothing secret is repeated', ({ name, value }) => {
    const read = (): unknown => readConfig({ ...ENDPOINT, [name]: value });
    expect(read).toThrow(name);
    expect(read).not.toThrow('secret');
  });
});

describe('ARTIFACT_STORE', () => {
  test('is a directory by default, and is swept every six hours', () => {
    expect(readConfig({}).artifacts).toEqual({ s3: undefined, sweepEveryMs: 21_600_000 });
  });

  test.each([
    ['s3://bucket', { bucket: 'bucket', prefix: '' }],
    ['s3://my.bucket-1/', { bucket: 'my.bucket-1', prefix: '' }],
    ['s3://bucket/a/b_c/', { bucket: 'bucket', prefix: 'a/b_c' }],
  ])('%s names a bucket and a prefix', (text, expected) => {
    expect(readConfig({ ARTIFACT_STORE: text }).artifacts.s3).toEqual({
      ...expected,
      isPathStyle: false,
    });
  });

  test.each(['bucket', 'https://bucket', 's3://', 's3://B', 's3://bucket//a', 's3://bucket/a b'])(
    '%s is none, and it says what is',
    (text) => {
      expect(() => readConfig({ ARTIFACT_STORE: text })).toThrow(
        /must be s3:\/\/bucket[^]*ARTIFACT_STORE/,
      );
    },
  );

  test('with S3_ENDPOINT the bucket is in the path, and any region will do', () => {
    const env = { ARTIFACT_STORE: 's3://bucket', S3_ENDPOINT: 'http://127.0.0.1:9000' };
    expect(readConfig(env).artifacts.s3).toMatchObject({
      ...{ endpoint: 'http://127.0.0.1:9000', region: 'us-east-1', isPathStyle: true },
    });
    const set = readConfig({ ...env, AWS_REGION: 'eu-1', S3_PATH_STYLE: 'false' }).artifacts.s3;
    expect(set).toMatchObject({ region: 'eu-1', isPathStyle: false });
  });

  test('S3_ENDPOINT alone is a mistake', () => {
    expect(() => readConfig({ S3_ENDPOINT: 'http://127.0.0.1:9000' })).toThrow(
      'set ARTIFACT_STORE=s3://bucket',
    );
  });

  test('ARTIFACT_SWEEP_HOURS is hours, or off', () => {
    const every = (text: string): number | undefined =>
      readConfig({ ARTIFACT_SWEEP_HOURS: text }).artifacts.sweepEveryMs;
    expect([every('0.5'), every('off')]).toEqual([1_800_000, undefined]);
    for (const text of ['0', '-1', 'never', '501']) {
      expect(() => every(text)).toThrow(/ARTIFACT_SWEEP_HOURS/);
    }
  });
});
