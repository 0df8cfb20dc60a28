// Where the stored parts of a deployment lie: a directory in `DATA_DIR`, or a bucket.

import { join } from 'node:path';
import type { Blobs } from '../storage/blobs';
import { createDirectoryBlobs } from '../storage/directory-blobs';
import { S3Blobs } from '../storage/s3-blobs';
import { openS3 } from '../storage/s3-client';
import { isStoreFault } from '../storage/store-fault';
import type { ProcessParts } from './process';

/** Rejects with one line that says what to do when the place cannot be used as it is set up. */
export async function openBlobs(parts: ProcessParts): Promise<Blobs> {
  const blobs = await openPlace(parts);
  try {
    await blobs.probe();
  } catch (err) {
    // Like Temporal: it may come back, and a task without big parts needs none of it.
    if (!isStoreFault(err)) throw err;
    const text =
      'the store of big parts does not answer: check S3_ENDPOINT, AWS_REGION, credentials and the network';
    parts.log.warn({ cause: String(err) }, text);
  }
  return blobs;
}

async function openPlace({ config, running }: ProcessParts): Promise<Blobs> {
  const { s3 } = config.artifacts;
  if (s3 === undefined) return createDirectoryBlobs(join(config.dataDir, 'parts'));
  const blobs = new S3Blobs(await openS3(s3));
  running.add(async () => {
    blobs.close();
  });
  return blobs;
}
