// Stores a part that never comes to its end, and says so once 40 MB have gone.

import { setTimeout as delay } from 'node:timers/promises';
import { createDirectoryBlobs } from '../../src/storage/directory-blobs';
import { createPartStores } from '../../src/storage/part-store';
import { S3Blobs } from '../../src/storage/s3-blobs';
import { openS3 } from '../../src/storage/s3-client';
import type { Target } from './writer-process';

const SAYS_AFTER_BYTES = 40_000_000;

async function main(): Promise<void> {
  const target = JSON.parse(process.argv[2] ?? '') as Target;
  const blobs =
    'directory' in target
      ? createDirectoryBlobs(target.directory)
      : new S3Blobs(
          await openS3({ ...target, region: 'us-east-1', prefix: '', isPathStyle: true }),
        );
  await createPartStores(blobs).of('task').putStream(endless());
}

async function* endless(): AsyncGenerator<Buffer> {
  for (let bytes = 0; ; bytes += 1_000_000) {
    yield Buffer.alloc(1_000_000, bytes);
    if (bytes >= SAYS_AFTER_BYTES) {
      process.stdout.write('.');
      await delay(10);
    }
  }
}

void main();
