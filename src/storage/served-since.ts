// Since when a document is what is served: kept in a file, so that gateways and restarts agree.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The time at which `etag` took the place of another document, or of none; now, if that is news.
 * Without a record (no right to write) it is now, which costs clients one full answer.
 */
export async function servedSince(path: string, etag: string): Promise<Date> {
  const known = await readFile(path, 'utf8').catch(() => '');
  const [tag, time = ''] = known.trim().split('\n');
  if (tag === etag && !Number.isNaN(Date.parse(time))) return new Date(time);
  const now = new Date();
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(partial, `${etag}\n${now.toISOString()}\n`);
    await rename(partial, path);
  } catch {
    return now;
  }
  return now;
}
