// Blobs in a bucket of S3, or of a service that speaks like it: an object each.

import type { S3 } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Blob, Blobs, BlobStat, ByteRange, Received } from './blobs';
import { CHUNK_BYTES, complaint, isNoSuchObject, type S3Access } from './s3-client';
import { joined, split } from './split-bytes';
import { StoreFault } from './store-fault';

/** Bytes that have no key yet; below the prefix, and no folder of a key. */
const INCOMING = 'incoming';

export class S3Blobs implements Blobs {
  private readonly access: S3Access;

  constructor(access: S3Access) {
    this.access = access;
  }

  async probe(): Promise<void> {
    const key = `probe-${randomUUID()}`;
    try {
      await this.list('probe').next();
      await this.write(key, Buffer.from('Longhaul may write here'));
      await this.remove(key);
    } catch (err) {
      if (err instanceof StoreFault) throw err;
      throw new Error(complaint(this.access.place, err), { cause: err });
    }
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    await this.ask((s3, at) => s3.putObject({ ...at, Key: this.fullKey(key), Body: bytes }));
  }

  async receive(source: AsyncIterable<Uint8Array>): Promise<Received> {
    const { head, rest } = await split(source, CHUNK_BYTES);
    if (rest === undefined) {
      return {
        keep: (key) => this.write(key, head),
        discard: () => Promise.resolve(),
      };
    }
    const incoming = `${INCOMING}/${randomUUID()}`;
    const body = Readable.from(joined(head, rest), { objectMode: false });
    await this.told(() => this.access.upload(this.fullKey(incoming), body));
    const discard = (): Promise<void> => this.remove(incoming);
    return {
      keep: async (key) => {
        await this.ask((_, at) => this.copyTo(at, incoming, key));
        await discard();
      },
      discard,
    };
  }

  async copy(from: string, to: string): Promise<boolean> {
    const found = await this.askFor((_, at) => this.copyTo(at, from, to));
    return found !== undefined;
  }

  private copyTo(at: { readonly Bucket: string }, from: string, to: string): Promise<object> {
    const source = `${at.Bucket}/${this.fullKey(from)}`.split('/').map(encodeURIComponent);
    const copied = { Key: this.fullKey(to), CopySource: source.join('/') };
    return this.access.patientS3.copyObject({ ...at, ...copied });
  }

  async stream(key: string, range?: ByteRange): Promise<Readable | undefined> {
    const bytes = range && `bytes=${range.start}-${range.end}`;
    const found = await this.askFor((s3, at) =>
      s3.getObject({ ...at, Key: this.fullKey(key), ...(bytes && { Range: bytes }) }),
    );
    if (found === undefined) return undefined;
    return Readable.from(this.body(found.Body as Readable), { objectMode: false });
  }

  async stat(key: string): Promise<BlobStat | undefined> {
    const found = await this.askFor((s3, at) => s3.headObject({ ...at, Key: this.fullKey(key) }));
    return (
      found && { bytes: found.ContentLength ?? 0, writtenAt: found.LastModified ?? new Date() }
    );
  }

  async *list(folder = ''): AsyncGenerator<Blob> {
    const prefix = this.fullKey(folder === '' ? '' : `${folder}/`);
    let token: string | undefined;
    do {
      const page = await this.ask((s3, at) =>
        s3.listObjectsV2({ ...at, Prefix: prefix, ...(token && { ContinuationToken: token }) }),
      );
      for (const { Key = '', Size = 0, LastModified = new Date() } of page.Contents ?? []) {
        const key = Key.slice(this.fullKey('').length);
        if (key.startsWith(`${INCOMING}/`)) continue;
        yield { key, bytes: Size, writtenAt: LastModified };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async remove(key: string): Promise<void> {
    await this.ask((s3, at) => s3.deleteObject({ ...at, Key: this.fullKey(key) }));
  }

  async discardUnfinished(before: Date): Promise<void> {
    const prefix = this.fullKey(`${INCOMING}/`);
    const objects = await this.ask((s3, at) => s3.listObjectsV2({ ...at, Prefix: prefix }));
    for (const { Key, LastModified = new Date() } of objects.Contents ?? []) {
      if (LastModified < before) await this.ask((s3, at) => s3.deleteObject({ ...at, Key }));
    }
    const uploads = await this.ask((s3, at) => s3.listMultipartUploads({ ...at, Prefix: prefix }));
    for (const { Key, UploadId, Initiated = new Date() } of uploads.Uploads ?? []) {
      if (Initiated >= before) continue;
      await this.askFor((s3, at) => s3.abortMultipartUpload({ ...at, Key, UploadId }));
    }
  }

  /** A connection that breaks under a body is a fault too. */
  private async *body(body: Readable): AsyncGenerator<Uint8Array> {
    try {
      yield* body as AsyncIterable<Uint8Array>;
    } catch (err) {
      throw isCutOff(err) ? new StoreFault(err) : this.access.toFault(err);
    } finally {
      body.destroy();
    }
  }

  private async ask<T>(call: (s3: S3, at: { readonly Bucket: string }) => Promise<T>): Promise<T> {
    const { s3, place } = this.access;
    return this.told(() => call(s3, { Bucket: place.bucket }));
  }

  /** Undefined when there is no such object; without the right to list, S3 says so by 403. */
  private async askFor<T>(
    call: (s3: S3, at: { readonly Bucket: string }) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await this.ask(call);
    } catch (err) {
      if (isNoSuchObject(err)) return undefined;
      throw err;
    }
  }

  private async told<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (err) {
      throw this.access.toFault(err);
    }
  }

  close(): void {
    this.access.s3.destroy();
    this.access.patientS3.destroy();
  }

  private fullKey(key: string): string {
    const { prefix } = this.access.place;
    return prefix === '' ? key : `${prefix}/${key}`;
  }
}

/** Node's own words for a response that ends before its length. */
function isCutOff(err: unknown): boolean {
  return err instanceof Error && err.message === 'aborted';
}
