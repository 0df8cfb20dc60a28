// The part store in a bucket, on a real server of S3.

import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createServer, type Server } from 'node:http';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createPartStores, type StoredBytes } from '../../src/storage/part-store';
import { S3Blobs } from '../../src/storage/s3-blobs';
import { openS3, type S3Place } from '../../src/storage/s3-client';
import { StoreFault } from '../../src/storage/store-fault';
import { describePartStore, keysIn, type Place } from '../storage/store-contract';
import { describeSweep } from '../storage/sweep-contract';
import { startWriter } from '../storage/writer-process';
import { startLossyProxy, type LossyProxy } from './lossy-proxy';
import { BUCKET, useS3Server } from './s3-server';

const server = useS3Server();
const opened: S3Blobs[] = [];

afterEach(() => {
  for (const blobs of opened.splice(0)) blobs.close();
});

async function blobsAt(place: Partial<S3Place> = {}): Promise<S3Blobs> {
  const { endpoint } = server;
  const given = { bucket: BUCKET, prefix: '', endpoint, region: 'us-east-1', isPathStyle: true };
  const blobs = new S3Blobs(await openS3({ ...given, ...place }));
  opened.push(blobs);
  return blobs;
}

/** Objects without a key yet, and uploads that were not completed. */
async function unfinishedBelow(client: S3Client, prefix: string): Promise<readonly string[]> {
  const at = { Bucket: BUCKET, Prefix: prefix };
  const { Contents = [] } = await client.send(new ListObjectsV2Command(at));
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(at));
  return [...Contents, ...Uploads].map(({ Key = '' }) => Key);
}

/** A prefix of its own is as good as an empty bucket. */
async function open(): Promise<Place> {
  const prefix = `runs/${randomUUID()}`;
  const blobs = await blobsAt({ prefix });
  return { blobs, unfinished: () => unfinishedBelow(server.client, `${prefix}/incoming/`) };
}

describePartStore('a bucket', open);
describeSweep('a bucket', open);

test('what another prefix holds is not listed', async () => {
  const [mine, other] = [await open(), await open()];
  await createPartStores(other.blobs).of('task').put(randomBytes(10));
  expect(await keysIn(mine.blobs)).toEqual([]);
});

test('a listing of many pages is read whole', async () => {
  const { blobs } = await open();
  const keys = Array.from({ length: 1_100 }, (_, i) => `f/${String(i).padStart(4, '0')}`);
  for (const key of keys) await blobs.write(key, Buffer.alloc(1));
  expect(await keysIn(blobs)).toEqual(keys);
});

describe('a writer that is killed with SIGKILL', () => {
  test('leaves no part, and a sweep ends the upload that it had begun', async () => {
    const writer = startWriter({ endpoint: server.endpoint, bucket: BUCKET });
    await writer.hasWritten;
    await writer.kill();
    const blobs = await blobsAt();
    expect((await keysIn(blobs)).filter((key) => !key.startsWith('runs/'))).toEqual([]);
    expect(await unfinishedBelow(server.client, 'incoming/')).toHaveLength(1);
    await blobs.discardUnfinished(new Date(Date.now() + 1_000));
    expect(await unfinishedBelow(server.client, 'incoming/')).toEqual([]);
  });
});

describe('a completion whose answer is lost', () => {
  const BYTES = 20_000_000;
  let proxy: LossyProxy;
  afterEach(() => proxy.close());

  /** What the store makes of a part whose upload is completed over a proxy. */
  async function putOver(isTold: boolean): Promise<StoredBytes> {
    proxy = await startLossyProxy(server.endpoint, isTold);
    const blobs = await blobsAt({ endpoint: proxy.endpoint, prefix: `runs/${randomUUID()}` });
    const content = randomBytes(BYTES);
    const store = createPartStores(blobs).of('task');
    const stored = await store.putStream(Readable.from([content]));
    expect(sha256(await store.get(stored.digest))).toBe(sha256(content));
    return stored;
  }

  test('is done where the object is there, although the second one finds no upload', async () => {
    await expect(putOver(true)).resolves.toMatchObject({ bytes: BYTES });
    expect(proxy.completions).toBe(2);
  });

  test('has failed where no object is there', async () => {
    await expect(putOver(false)).rejects.toThrow('The upload does not exist.');
    expect(proxy.completions).toBe(2);
  });
});

describe('a bucket that cannot be used', () => {
  test('says that it does not exist, and what to do', async () => {
    const blobs = await blobsAt({ bucket: 'no-such-bucket', prefix: 'a/b' });
    await expect(blobs.probe()).rejects.toThrow(
      /^ARTIFACT_STORE=s3:\/\/no-such-bucket\/a\/b \(http:.*\) cannot be used: .*; create the bucket/,
    );
  });

  test('says that there is no region', async () => {
    const blobs = new S3Blobs(await openS3({ bucket: BUCKET, prefix: '', isPathStyle: true }));
    await expect(blobs.probe()).rejects.toThrow('set AWS_REGION');
  });
});

describe('a server that does not do what it is asked for', () => {
  let answer: { readonly status: number; readonly code: string };
  let refusing: Server;
  let endpoint: string;

  beforeAll(async () => {
    refusing = createServer((_req, res) => {
      res.writeHead(answer.status, { 'Content-Type': 'application/xml' });
      res.end(`<Error><Code>${answer.code}</Code><Message>no</Message></Error>`);
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${String((refusing.address() as AddressInfo).port)}`;
  });
  afterAll(() => {
    refusing.close();
    refusing.closeAllConnections();
  });

  test.each([
    { status: 503, code: 'SlowDown' },
    { status: 500, code: 'InternalError' },
    { status: 429, code: 'TooManyRequests' },
    { status: 400, code: 'RequestTimeout' },
  ])('$status $code passes', async (given) => {
    answer = given;
    const blobs = await blobsAt({ endpoint });
    await expect(blobs.write('a/b', randomBytes(10))).rejects.toThrow(StoreFault);
  });

  test('403 AccessDenied does not', async () => {
    answer = { status: 403, code: 'AccessDenied' };
    const blobs = await blobsAt({ endpoint });
    await expect(blobs.write('a/b', randomBytes(10))).rejects.toThrow('no');
    await expect(blobs.probe()).rejects.toThrow('needs the rights s3:ListBucket');
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
