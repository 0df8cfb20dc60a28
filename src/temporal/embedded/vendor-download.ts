// Fetches the Temporal CLI from its vendor, as the SDK does for its tests but without starting a server.

import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { cliBelow, executablesOn } from './executable';
import { CLI_VERSION, fetchIntoCache, type FetchedCli } from './fetched-cli';
import { reasonOf } from './reason';

const run = promisify(execFile);

/** Temporal: the address that sdk-core asks for the archive of a version. */
const VENDOR_URL = 'https://temporal.download/cli';

/** For question, archive and unpacking together: behind a firewall the next step must come soon. */
const DOWNLOAD_DEADLINE_MS = 10_000;

const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin' };
const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Where the archive of this machine lies, and what to take out of it. */
interface Archive {
  readonly archiveUrl: string;
  readonly fileToExtract: string;
}

/** Downloads into the cache; an answer that is late, wrong or does not run is an Error with the reason. */
export async function downloadCli(options: {
  readonly cacheDir: string;
  readonly searchPath: string;
  readonly vendorUrl?: string;
  readonly deadlineMs?: number;
}): Promise<FetchedCli> {
  const signal = AbortSignal.timeout(options.deadlineMs ?? DOWNLOAD_DEADLINE_MS);
  const [tar] = await executablesOn(options.searchPath, 'tar');
  if (tar === undefined) throw new Error('there is no `tar` on PATH to unpack it');
  return fetchIntoCache({
    cacheDir: options.cacheDir,
    source: 'download',
    fetchInto: async (folder) => {
      const archive = await locate(options.vendorUrl ?? VENDOR_URL, signal);
      const file = join(folder, 'archive.tar.gz');
      const { body } = await get(archive.archiveUrl, signal);
      if (body === null) throw new Error(`${archive.archiveUrl} answered without content`);
      await pipeline(Readable.fromWeb(body), createWriteStream(file), { signal });
      const bin = dirname(cliBelow(folder));
      await mkdir(bin);
      await run(tar, ['-xzf', file, '-C', bin, archive.fileToExtract], { signal });
      await rm(file);
    },
  }).catch((err: unknown) => {
    throw signal.aborted ? new Error('the vendor did not deliver in time', { cause: err }) : err;
  });
}

async function locate(vendorUrl: string, signal: AbortSignal): Promise<Archive> {
  const platform = PLATFORMS[process.platform];
  const arch = ARCHITECTURES[process.arch];
  if (platform === undefined || arch === undefined) {
    throw new Error(`there is no archive for ${process.platform} on ${process.arch}`);
  }
  const query = new URLSearchParams({ arch, platform, format: 'tar.gz' });
  const url = `${vendorUrl}/v${CLI_VERSION}?${query.toString()}`;
  const answer: unknown = await (await get(url, signal)).json();
  if (!isArchive(answer)) throw new Error(`${url} answered something else than an archive`);
  return answer;
}

async function get(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal }).catch((err: unknown) => {
    const why = reasonOf((err as { readonly cause?: unknown }).cause ?? err);
    throw new Error(`${new URL(url).host} cannot be reached (${why})`, { cause: err });
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
}

function isArchive(answer: unknown): answer is Archive {
  const { archiveUrl, fileToExtract } = (answer ?? {}) as Partial<Record<keyof Archive, unknown>>;
  return typeof archiveUrl === 'string' && typeof fileToExtract === 'string';
}
