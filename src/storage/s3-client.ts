// The client of S3 with our bounds, and what its errors mean.

import type { S3 } from '@aws-sdk/client-s3';
import type { Upload } from '@aws-sdk/lib-storage';
import type { isTransientError } from '@smithy/core/retry';
import type { Readable } from 'node:stream';
import { StoreFault } from './store-fault';

export interface S3Place {
  readonly bucket: string;
  /** Before every key; without slashes at its ends, and empty for none. */
  readonly prefix: string;
  /** Absent: that of AWS. */
  readonly endpoint?: string;
  /** Absent: what the standard variables and profiles of AWS say. */
  readonly region?: string;
  /** The bucket is part of the path, not of the host name. */
  readonly isPathStyle: boolean;
}

export interface S3Access {
  readonly place: S3Place;
  readonly s3: S3;
  /** The same for what S3 does in one go with gigabytes: it may be silent for minutes. */
  readonly patientS3: S3;
  /** In several requests, under a key that nobody else writes; leaves nothing behind when it fails. */
  upload(key: string, body: Readable): Promise<void>;
  /** As `StoreFault` if it passes, else as it is. */
  toFault(err: unknown): unknown;
}

/** Below the gateway's own promises: a store that does not answer is to be told of, not waited for. */
const CONNECT_TIMEOUT_MS = 2_000;
const SILENCE_TIMEOUT_MS = 10_000;

/** Completing an upload and copying it takes as long as S3 likes; to ask again is to have it done again. */
const PATIENT_TIMEOUT_MS = 300_000;

const ATTEMPTS = 3;

/** What is shorter is sent in one request; a longer one has this much in memory, a few times over. */
export const CHUNK_BYTES = 8_388_608;
const CHUNKS_AT_ONCE = 3;

/** Credentials that are fetched, and may be there again in a moment. */
const PASSING_NAMES: ReadonlySet<string> = new Set(['CredentialsProviderError', 'ExpiredToken']);

/** Loads the SDK of AWS, so that only who uses S3 has its 20 MB in memory. */
export async function openS3(place: S3Place): Promise<S3Access> {
  const [{ S3 }, { Upload }, retry] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/lib-storage'),
    import('@smithy/core/retry'),
  ]);
  const clientWith = (socketTimeout: number): S3 =>
    new S3({
      maxAttempts: ATTEMPTS,
      forcePathStyle: place.isPathStyle,
      ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
      ...(place.region === undefined ? {} : { region: place.region }),
      requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout },
      // Digests are checked here anyway, and not every service knows the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  const isPassing = (err: SdkError): boolean =>
    PASSING_NAMES.has(err.name) ||
    [retry.isTransientError, retry.isThrottlingError, retry.isServerError].some((is) => is(err));
  const s3 = clientWith(SILENCE_TIMEOUT_MS);
  const patientS3 = clientWith(PATIENT_TIMEOUT_MS);
  return {
    place,
    s3,
    patientS3,
    async upload(key, body) {
      const target = { Bucket: place.bucket, Key: key };
      const upload = new Upload({
        client: patientS3,
        params: { ...target, Body: body },
        partSize: CHUNK_BYTES,
        queueSize: CHUNKS_AT_ONCE,
      });
      await finished(upload, () => sizeOf(s3, target));
    },
    toFault: (err) => (isPassing(err as SdkError) ? new StoreFault(err) : err),
  };
}

/** @param storedBytes of what is under the key. */
async function finished(
  upload: Upload,
  storedBytes: () => Promise<number | undefined>,
): Promise<void> {
  let sent = 0;
  upload.on('httpUploadProgress', ({ loaded = 0 }) => (sent = loaded));
  try {
    await upload.done();
  } catch (err) {
    // The SDK completes again when the first answer was lost, and the upload is gone because it was completed.
    if (nameOf(err) !== 'NoSuchUpload') throw err;
    if ((await storedBytes()) !== sent) throw err;
  }
}

/** Whatever the SDK throws, as its own judges take it. */
type SdkError = Parameters<typeof isTransientError>[0];

/** What a person is told of a bucket that cannot be used, and what to do. */
export function complaint({ bucket, prefix, endpoint = 'AWS' }: S3Place, err: unknown): string {
  const where = `ARTIFACT_STORE=s3://${bucket}${prefix && `/${prefix}`} (${endpoint})`;
  const why = err instanceof Error ? err.message : String(err);
  return `${where} cannot be used: ${why}; ${REMEDIES[nameOf(err)] ?? RIGHTS_REMEDY}`;
}

const REMEDIES: Readonly<Record<string, string>> = {
  NoSuchBucket: 'create the bucket, or name one that exists',
  PermanentRedirect: 'set AWS_REGION to the region of the bucket',
  AuthorizationHeaderMalformed: 'set AWS_REGION to the region of the bucket',
  InvalidAccessKeyId: 'check AWS_ACCESS_KEY_ID',
  SignatureDoesNotMatch: 'check AWS_SECRET_ACCESS_KEY',
  // What the SDK throws when no region is set anywhere.
  Error: 'set AWS_REGION',
};

const RIGHTS_REMEDY =
  'this process needs the rights s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject there';

/** `NoSuchBucket` is none of them: then nothing is there, and nothing can be. */
const MISSING: ReadonlySet<string> = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload']);

export function isNoSuchObject(err: unknown): boolean {
  return MISSING.has(nameOf(err));
}

/** In bytes; undefined when there is no such object. */
async function sizeOf(
  s3: S3,
  at: { readonly Bucket: string; readonly Key: string },
): Promise<number | undefined> {
  try {
    return (await s3.headObject(at)).ContentLength;
  } catch (err) {
    if (isNoSuchObject(err)) return undefined;
    throw err;
  }
}

function nameOf(err: unknown): string {
  return err instanceof Error ? err.name : '';
}
