// Where in a module of skills the error is that keeps it from being loaded.

import { execFile } from 'node:child_process';
import { dirname } from 'node:path';

/** `file:line` or `file:line:column`; undefined where neither the error nor Node knows it. */
export async function placeOf(err: unknown, file: string): Promise<string | undefined> {
  const stack = err instanceof Error ? (err.stack ?? '') : '';
  const folder = dirname(file);
  const places = stack.matchAll(/(?:file:\/\/)?([^\s()]+:\d+(?::\d+)?)\)?$/gm);
  for (const [, place = ''] of places) if (place.startsWith(folder)) return place;
  return err instanceof SyntaxError ? placeOfSyntaxError(file) : undefined;
}

/** An error of an ES module does not say it: Node tells only who starts it with that module. */
function placeOfSyntaxError(file: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--check', file], (_err, _stdout, stderr) => {
      const lines = stderr.split('\n').map((line) => line.replace(/^file:\/\//, ''));
      resolve(lines.find((line) => line.startsWith(`${file}:`)));
    });
  });
}
