// Run by jest before each test file: ends the async contexts that the files before it have left in this process.

import asyncHooks from 'node:async_hooks';

/**
 * Before Node 24 every promise is told of each `AsyncLocalStorage` that has ever run something, and none of
 * them is forgotten. Each test file loads modules of its own, and storages with them: after fifty
 * files a promise of the next one would take thirty times as long.
 */
const OPENED = Symbol.for('longhaul.test.opened-storages');

interface Opened {
  readonly Original: typeof asyncHooks.AsyncLocalStorage;
  readonly storages: asyncHooks.AsyncLocalStorage<unknown>[];
}

// The module is Node's own, the same one for all files of a process.
const { Original, storages } = ((asyncHooks as { [OPENED]?: Opened })[OPENED] ??= {
  Original: asyncHooks.AsyncLocalStorage,
  storages: [],
});

for (const storage of storages.splice(0)) storage.disable();

class KnownStorage<T> extends Original<T> {
  constructor(...given: ConstructorParameters<typeof Original<T>>) {
    super(...given);
    storages.push(this);
  }
}

Object.defineProperty(asyncHooks, 'AsyncLocalStorage', { value: KnownStorage, configurable: true });
