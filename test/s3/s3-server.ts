// A server of S3 on loopback, with buckets in memory: Moto, pinned by hash.

import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { nextFreePort } from '../../src/temporal/embedded/free-port';
import { eventually } from '../harness/eventually';
import { pythonWith } from '../harness/python-environment';

export const BUCKET = 'longhaul-test';

/** Any will do, but none will not. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

/** A first run has to fetch it. */
const START_DEADLINE_MS = 300_000;

export interface S3Server {
  /** `http://127.0.0.1:<port>`, the same after a restart. */
  readonly endpoint: string;
  readonly client: S3Client;
  /** Ends it with SIGKILL; what it held is gone. */
  kill(): Promise<void>;
  /** Starts it on the same port, with an empty bucket. */
  start(): Promise<void>;
}

/**
 * Running, with a bucket, from the test file's first `beforeAll` to its last `afterAll`. `S3_TEST_ENDPOINT` names another
 * server, and the variables of AWS its keys; the tests that end the server need Moto.
 */
export function useS3Server(): S3Server {
  const server = new MotoServer();
  beforeAll(async () => {
    Object.assign(process.env, { ...CREDENTIALS, ...process.env });
    await server.start();
  }, START_DEADLINE_MS);
  afterAll(() => server.kill());
  return server;
}

class MotoServer implements S3Server {
  private readonly given = process.env['S3_TEST_ENDPOINT'];
  private port = 0;
  private child: ChildProcess | undefined;
  private opened: S3Client | undefined;

  get endpoint(): string {
    return this.given ?? `http://127.0.0.1:${String(this.port)}`;
  }

  get client(): S3Client {
    this.opened ??= new S3Client({
      endpoint: this.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
    });
    return this.opened;
  }

  async start(): Promise<void> {
    if (this.given === undefined) await this.spawn();
    await eventually(() =>
      this.client.send(new CreateBucketCommand({ Bucket: BUCKET })).catch((err: unknown) => {
        // A server that was given may have it already.
        if ((err as Error).name !== 'BucketAlreadyOwnedByYou') throw err;
      }),
    );
  }

  private async spawn(): Promise<void> {
    const python = await pythonWith(join(__dirname, 'moto'));
    if (this.port === 0) this.port = await nextFreePort('127.0.0.1', 0);
    const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(this.port)];
    this.child = spawn(python, args, { stdio: 'ignore' });
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
