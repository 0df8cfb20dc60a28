// Lets the workers of tests share one bundle of the workflows: imported before they start, in whichever process they run.
// What `npm start` bundles by itself is left to the tests of `npm start`.

import { Worker, bundleWorkflowCode, type WorkerOptions } from '@temporalio/worker';
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** `npm ci` empties it. */
const KEPT = join(ROOT, 'node_modules/.cache/longhaul');

const WORKFLOWS = join(ROOT, 'src/workflows');

const createWorker = Worker.create.bind(Worker);
Worker.create = async (options) => createWorker(await bundled(options));

/** The same worker without the two seconds that webpack takes. */
async function bundled(options: WorkerOptions): Promise<WorkerOptions> {
  const { workflowsPath, interceptors, ...others } = options;
  if (workflowsPath === undefined) return options;
  const workflowInterceptorModules = interceptors?.workflowModules ?? [];
  const kept = join(KEPT, `workflows-${await keyOf(workflowsPath, workflowInterceptorModules)}.js`);
  if (!(await isThere(kept))) {
    const { code } = await bundleWorkflowCode({ workflowsPath, workflowInterceptorModules });
    await keep(kept, code);
  }
  return { ...others, workflowBundle: { codePath: kept } };
}

/** Of all that is bundled: the workflows import themselves and packages (`npm run folders`). */
async function keyOf(...entries: readonly unknown[]): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(entries));
  key.update(await readFile(join(ROOT, 'node_modules/.package-lock.json')));
  for (const file of (await readdir(WORKFLOWS)).toSorted()) {
    key.update(file).update(await readFile(join(WORKFLOWS, file)));
  }
  return key.digest('hex').slice(0, 16);
}

/** Two may bundle at once; nobody reads a file that is half there. */
async function keep(path: string, code: string): Promise<void> {
  await mkdir(KEPT, { recursive: true });
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(fresh, code);
  await rename(fresh, path);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
