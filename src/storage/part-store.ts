// Keeps big parts outside Temporal, by the digest of their bytes and apart for each workflow (D9).

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Blobs, ByteRange } from './blobs';
import { createDirectoryBlobs } from './directory-blobs';

/** The stored parts of one workflow. */
export interface PartStore {
  /** Stores the bytes and resolves with their digest; storing the same bytes again costs no write. */
  put(bytes: Uint8Array): Promise<string>;
  /** The same of bytes that come one after the other; memory does not grow with them. */
  putStream(source: AsyncIterable<Uint8Array>): Promise<StoredBytes>;
  /** Rejects with `MissingPartError` when the bytes are gone or are not what the digest says. */
  get(digest: string): Promise<Buffer>;
  /**
   * The bytes as a stream. It fails with `MissingPartError` when they are gone and, of the whole, before its last
   * bytes when they are not what the digest says; a range cannot be checked.
   */
  stream(digest: string, range?: ByteRange): Readable;
  /** Size in bytes, or undefined when there is no such part. */
  size(digest: string): Promise<number | undefined>;
}

export interface StoredBytes {
  /** SHA-256, lower-case hex. */
  readonly digest: string;
  readonly bytes: number;
}

/** Workflow ids. */
export interface Owners {
  readonly from: string;
  readonly to: string;
}

/** The stored parts of every workflow: what one has put, no other finds, so that they can go with it. */
export interface PartStores {
  of(workflowId: string): PartStore;
  /** Gives a workflow what another has put; rejects with `MissingPartError` when one of them is gone. */
  copy(digests: Iterable<string>, owners: Owners): Promise<void>;
}

export class MissingPartError extends Error {
  constructor(digest: string, reason: string) {
    super(`stored part ${digest.slice(0, 12)}… ${reason}`);
    this.name = 'MissingPartError';
  }
}

/** Each is a request to S3. */
const COPIES_AT_ONCE = 8;

const DIGEST = /^[0-9a-f]{64}$/;

/** Beside the parts of a workflow: its id, which nothing else tells. */
export const WORKFLOW_ID_FILE = 'workflow-id';

/** Two levels, because a directory with a million entries is slow to list on most file systems. */
function folderOf(workflowId: string): string {
  const hash = sha256(Buffer.from(workflowId));
  return `${hash.slice(0, 2)}/${hash}`;
}

export function createPartStores(blobs: Blobs): PartStores {
  return {
    of: (workflowId) => new WorkflowParts(blobs, workflowId),
    copy: (digests, { from, to }) =>
      new WorkflowParts(blobs, to).adopt([...digests], new WorkflowParts(blobs, from)),
  };
}

/** In a directory that gateway and worker share. */
export function createDirectoryPartStores(directory: string): PartStores {
  return createPartStores(createDirectoryBlobs(directory));
}

class WorkflowParts implements PartStore {
  private readonly blobs: Blobs;
  private readonly workflowId: string;
  private readonly folder: string;
  private naming: Promise<void> | undefined;

  constructor(blobs: Blobs, workflowId: string) {
    this.blobs = blobs;
    this.workflowId = workflowId;
    this.folder = folderOf(workflowId);
  }

  async put(bytes: Uint8Array): Promise<string> {
    const digest = sha256(bytes);
    const [there] = await Promise.all([this.size(digest), this.named()]);
    if (there !== bytes.byteLength) await this.blobs.write(this.keyOf(digest), bytes);
    return digest;
  }

  async putStream(source: AsyncIterable<Uint8Array>): Promise<StoredBytes> {
    const hash = createHash('sha256');
    let bytes = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        yield chunk;
      }
    };
    const received = await this.blobs.receive(counted());
    const digest = hash.digest('hex');
    const [there] = await Promise.all([this.size(digest), this.named()]);
    if (there === bytes) await received.discard();
    else await received.keep(this.keyOf(digest));
    return { digest, bytes };
  }

  async adopt(digests: readonly string[], owner: WorkflowParts): Promise<void> {
    if (digests.length > 0) await this.named();
    const adoptOne = async (digest: string): Promise<void> => {
      if (await this.blobs.copy(owner.keyOf(digest), this.keyOf(digest))) return;
      throw new MissingPartError(digest, 'is not in the store');
    };
    for (let at = 0; at < digests.length; at += COPIES_AT_ONCE) {
      await Promise.all(digests.slice(at, at + COPIES_AT_ONCE).map(adoptOne));
    }
  }

  get(digest: string): Promise<Buffer> {
    return buffer(this.content(digest));
  }

  stream(digest: string, range?: ByteRange): Readable {
    return Readable.from(this.content(digest, range), { objectMode: false });
  }

  async size(digest: string): Promise<number | undefined> {
    return (await this.blobs.stat(this.keyOf(digest)))?.bytes;
  }

  private async *content(digest: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const source = await this.blobs.stream(this.keyOf(digest), range);
    if (source === undefined) throw new MissingPartError(digest, 'is not in the store');
    yield* range === undefined ? checked(source, digest) : (source as AsyncIterable<Uint8Array>);
  }

  /**
   * The id comes before the first part, and is written anew by each who puts: the time at which it was written says
   * when the parts were last in use, also where they had been put before.
   */
  private async named(): Promise<void> {
    this.naming ??= this.blobs.write(
      `${this.folder}/${WORKFLOW_ID_FILE}`,
      Buffer.from(this.workflowId),
    );
    try {
      await this.naming;
    } catch (err) {
      this.naming = undefined;
      throw err;
    }
  }

  private keyOf(digest: string): string {
    if (!DIGEST.test(digest)) throw new MissingPartError(digest, 'has no valid name');
    return `${this.folder}/${digest}`;
  }
}

/** Holds the last chunk back until all of them are known to be right: whoever reads never comes to an end else. */
async function* checked(
  source: AsyncIterable<Uint8Array>,
  digest: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const chunk of source) {
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (hash.digest('hex') !== digest) throw new MissingPartError(digest, 'is damaged');
  if (held !== undefined) yield held;
}

/** Lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
