// Moves the files and streams that a skill gives to the part store, before what they belong to is queued:
// the skill waits for the disk, and nothing of them is held in memory.

import { lookup } from 'mime-types';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { descriptionOf, isStoreFault } from '../temporal/stored-parts';
import type { PartStore, StoredBytes } from '../storage/part-store';
import type { Part, PartDescription } from '../workflows/task';
import { letGo, untilAborted } from './async-source';
import {
  isBytes,
  isFile,
  type AuthoredPart,
  type FilePart,
  type StreamPart,
} from './authored-part';
import { textOf } from './error-text';
import { SkillError } from './skill';
import type { Spoken, Telling } from './spoken';

/**
 * What the files of one message come to: a message is given to the skill again and to clients with its
 * content, so it has to fit in memory. As much as one request may bring by default.
 */
const MESSAGE_FILE_BYTES = 10_485_760;

const TOO_MUCH_FOR_A_MESSAGE =
  `its files come to more than ${String(MESSAGE_FILE_BYTES)} bytes, and a message is held in memory: ` +
  'put them into an artifact';

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

interface Owner {
  /** What an error calls it. */
  readonly name: string;
  /** What its files may come to. */
  readonly maxBytes: number;
}

export class PartIntake {
  private readonly store: PartStore;
  private readonly signal: AbortSignal;

  /** @param signal ends the reading of files. */
  constructor(store: PartStore, signal: AbortSignal) {
    this.store = store;
    this.signal = signal;
  }

  /**
   * @throws SkillError that names the artifact, when a file cannot be read or a stream breaks; the signal's
   * reason when it aborts.
   */
  async emission(said: Telling): Promise<Spoken> {
    if (said.kind === 'progress') return { ...said, ...(await this.message(said)) };
    const name = `artifact "${said.name ?? said.artifactId}"`;
    const owner = { name, maxBytes: Number.POSITIVE_INFINITY };
    return { ...said, parts: await this.take(said.parts, owner) };
  }

  /** Of 10 MiB at most. @throws as `emission` does. */
  async message({ parts }: Pick<Telling, 'parts'>): Promise<{ readonly parts: readonly Part[] }> {
    const owner = { name: 'the message', maxBytes: MESSAGE_FILE_BYTES };
    return { parts: await this.take(parts, owner) };
  }

  private async take(
    parts: readonly (AuthoredPart | Part)[],
    owner: Owner,
  ): Promise<readonly Part[]> {
    const taken: Part[] = [];
    let left = owner.maxBytes;
    for (const part of parts) {
      if (!isFile(part)) {
        taken.push(part);
        continue;
      }
      const { digest, bytes } = await this.keep(part, { ...owner, maxBytes: left });
      left -= bytes;
      taken.push({ ...describe(part), ref: { digest, bytes, content: 'raw' } });
    }
    return taken;
  }

  private async keep(part: FilePart | StreamPart, owner: Owner): Promise<StoredBytes> {
    try {
      if ('path' in part) return await this.keepFile(part.path, owner);
      return await this.store.putStream(bytesOf(this.naming(part.stream, owner), owner));
    } catch (err) {
      if (this.signal.aborted || err instanceof SkillError) throw err;
      const text = `${owner.name}: its file could not be stored: ${textOf(err)}`;
      throw new SkillError(text, { retryable: true, cause: err });
    }
  }

  /** Tries again after each fault of a disk that passes, as the emitter does. */
  private async keepFile(path: string, owner: Owner): Promise<StoredBytes> {
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        return await this.readFile(path, owner);
      } catch (err) {
        if (this.signal.aborted || !isStoreFault(err)) throw err;
        await delay(waitMs, undefined, { signal: this.signal });
      }
    }
  }

  private async readFile(path: string, owner: Owner): Promise<StoredBytes> {
    const file = await openFile(path, owner);
    try {
      const content = file.createReadStream({ autoClose: false });
      return await this.store.putStream(bytesOf(untilAborted(content, this.signal), owner));
    } finally {
      await file.close();
    }
  }

  /** The source's own error says neither what broke nor where. */
  private async *naming<T>(source: AsyncIterable<T>, { name }: Owner): AsyncGenerator<T> {
    try {
      yield* untilAborted(source, this.signal);
    } catch (err) {
      if (this.signal.aborted) throw err;
      const retryable = !(err instanceof Error && 'retryable' in err && err.retryable === false);
      const text = `${name}: its stream broke: ${textOf(err)}`;
      throw new SkillError(text, { retryable, cause: err });
    }
  }
}

/** There is nothing in it to read first. */
export function isInline(said: Telling): said is Spoken {
  return !said.parts.some(isFile);
}

/** Closes the streams of what is not going to be said, because it was said before. */
export function letGoOf({ parts }: Telling): void {
  for (const part of parts) if ('stream' in part) letGo(part.stream);
}

/** The next attempt would find the same file, or none. */
function unreadable(owner: Owner, what: string, cause?: unknown): SkillError {
  return new SkillError(`${owner.name}: ${what}`, { retryable: false, cause });
}

async function openFile(path: string, owner: Owner): Promise<FileHandle> {
  const file = await open(path).catch((err: unknown) => {
    if (isStoreFault(err)) throw err;
    const { code } = err as NodeJS.ErrnoException;
    const reason = `${path} cannot be read: ${textOf(err)}`;
    throw unreadable(owner, code === 'ENOENT' ? `there is no file ${path}` : reason, err);
  });
  // A pipe or a device may have no end, and would be another one at the next attempt.
  const isRegular = (await file.stat()).isFile();
  if (isRegular) return file;
  await file.close();
  throw unreadable(owner, `${path} is not a file`);
}

async function* bytesOf(
  source: AsyncIterable<Uint8Array | string>,
  owner: Owner,
): AsyncGenerator<Uint8Array> {
  let left = owner.maxBytes;
  for await (const chunk of source) {
    const bytes: unknown = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (!isBytes(bytes)) {
      throw unreadable(owner, `its stream gave ${typeof chunk} instead of bytes`);
    }
    left -= bytes.byteLength;
    if (left < 0) throw unreadable(owner, TOO_MUCH_FOR_A_MESSAGE);
    yield bytes;
  }
}

function describe(part: FilePart | StreamPart): PartDescription {
  const { filename = 'path' in part ? basename(part.path) : undefined, metadata } = part;
  const mediaType = part.mediaType ?? (filename === undefined ? false : lookup(filename));
  return descriptionOf({
    ...(filename === undefined ? {} : { filename }),
    ...(mediaType === false ? {} : { mediaType }),
    ...(metadata === undefined ? {} : { metadata }),
  });
}
