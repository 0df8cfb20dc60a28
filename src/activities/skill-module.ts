// A module with skills, loaded: by the processes that check and run them, and by the thread of a single run.

import { pathToFileURL } from 'node:url';

/** What its default export says, unchecked. Rejects with whatever the module throws. */
export async function exportedBy(file: string): Promise<readonly unknown[]> {
  const exported = defaultExportOf(await importModule(file));
  return Array.isArray(exported) ? (exported as readonly unknown[]) : [exported];
}

async function importModule(file: string): Promise<unknown> {
  if (!/\.[cm]?ts$/.test(file)) return import(pathToFileURL(file).href);
  const { tsImport } = await import('tsx/esm/api');
  return tsImport(pathToFileURL(file).href, pathToFileURL(__filename).href);
}

/** `export default`, `module.exports =`, and both at once as compilers write it. */
function defaultExportOf(module: unknown): unknown {
  let found = module;
  while (typeof found === 'object' && found !== null && 'default' in found) found = found.default;
  return found;
}
