// What a part store needs of the place where its bytes lie: a directory, or a bucket.

import type { Readable } from 'node:stream';

/** The bytes from `start` to `end`, both inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobStat {
  readonly bytes: number;
  /** When it was written last, by the clock of the place. */
  readonly writtenAt: Date;
}

export interface Blob extends BlobStat {
  readonly key: string;
}

/** Bytes that have arrived, and no key names yet. */
export interface Received {
  /** Puts them under `key`, in one step. */
  keep(key: string): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Bytes by key. A key is segments of letters, digits, `.` and `-` between slashes; all but the last are its folder.
 * Everything rejects with `StoreFault` when the place does not take or give anything at the moment.
 */
export interface Blobs {
  /** Rejects with an Error that says what to do when the place cannot be used as it is set up. */
  probe(): Promise<void>;
  /** Whole or not at all: no reader sees half of it, also after a kill. Replaces what was there. */
  write(key: string, bytes: Uint8Array): Promise<void>;
  /** Takes bytes whose key is known at their end; memory does not grow with them. */
  receive(source: AsyncIterable<Uint8Array>): Promise<Received>;
  /** Puts the bytes of one key under another too, in one step; false when there are none. */
  copy(from: string, to: string): Promise<boolean>;
  /** Undefined when there is no such blob. */
  stream(key: string, range?: ByteRange): Promise<Readable | undefined>;
  stat(key: string): Promise<BlobStat | undefined>;
  /** All of a folder, or all there are; those of one folder follow each other. */
  list(folder?: string): AsyncIterable<Blob>;
  /** What is not there is removed already. */
  remove(key: string): Promise<void>;
  /** Removes what was begun before that time and never became a blob: its process has died. */
  discardUnfinished(before: Date): Promise<void>;
}
