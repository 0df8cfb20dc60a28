// A server of S3 on loopback, with buckets in memory: Moto, pinned by hash.

import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { nextFreePort } from '../../src/temporal/embedded/free-port';
import { pythonWith } from '../harness/python-environment';

export const BUCKET = 'longhaul-test';

const MOTO = join(__dirname, 'moto');

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
    else await this.client.send(new CreateBucketCommand({ Bucket: BUCKET })).catch(unlessThere);
  }

  private async spawn(): Promise<void> {
    const python = await pythonWith(MOTO);
    if (this.port === 0) this.port = await nextFreePort('127.0.0.1', 0);
    const args = [join(MOTO, 'server.py'), String(this.port), BUCKET];
    const child = spawn(python, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    const isUp = new Promise<void>((resolve) => {
      // It goes on telling of each request, and would wait for who does not read.
      child.stderr.on('data', (told: Buffer) => {
        if (told.includes('Running on')) resolve();
      });
    });
    const hasEnded = once(child, 'exit').then(() => {
      throw new Error('Moto ended instead of serving');
    });
    await Promise.race([isUp, hasEnded]);
    hasEnded.catch(() => undefined);
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

function unlessThere(err: Error): void {
  if (err.name !== 'BucketAlreadyOwnedByYou') throw err;
}
