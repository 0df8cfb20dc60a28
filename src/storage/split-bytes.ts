// Bytes on their way to S3: what fits one request, and what needs several.

interface Split {
  readonly head: Buffer;
  /** Absent when the head is all of it. */
  readonly rest?: AsyncIterator<Uint8Array>;
}

/** S3 copies no larger object in one request, and an upload is given its key by copying. */
const COPY_MAX_BYTES = 5_368_709_120;

/** The first `bytes` or some more, in memory, and what comes after them. */
export async function split(source: AsyncIterable<Uint8Array>, bytes: number): Promise<Split> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const rest = source[Symbol.asyncIterator]();
  while (length < bytes) {
    const next = await rest.next();
    if (next.done === true) return { head: Buffer.concat(chunks) };
    chunks.push(next.value);
    length += next.value.byteLength;
  }
  return { head: Buffer.concat(chunks), rest };
}

/** Both again, in order. @throws RangeError when it is more than can be given a key. */
export async function* joined(
  head: Buffer,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let bytes = head.byteLength;
  try {
    yield head;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return;
      bytes += next.value.byteLength;
      if (bytes > COPY_MAX_BYTES) {
        throw new RangeError('a part of more than 5 GiB cannot be stored in S3: give it in pieces');
      }
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}
