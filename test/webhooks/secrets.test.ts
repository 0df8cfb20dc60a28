// What callers entrust to a configuration: sealed where it is kept, masked where it is shown.

import { closeSecrets, openSecrets } from '../../src/webhooks/secrets';
import type { PushConfig, PushSecrets } from '../../src/workflows/push-contract';

const KEY = Buffer.alloc(32, 1);
const OWNER = { taskId: 'task' };
const SECRETS = { credentials: 'canary-credentials-1234', token: 'short' };

function configOf(secrets: PushSecrets, id = 'one'): PushConfig {
  const closed = closeSecrets(KEY, { owner: OWNER, configId: id, secrets });
  return { id, url: 'https://a.example', generation: '1.0', createdAt: '', ...closed };
}

test('are opened with the key that closed them', () => {
  expect(openSecrets(KEY, OWNER, configOf(SECRETS))).toEqual(SECRETS);
});

test('show the end of a long one and nothing of a short one', () => {
  expect(configOf(SECRETS).shown).toEqual({ credentials: '***1234', token: '***' });
});

test('are nowhere in what is kept', () => {
  const kept = JSON.stringify(configOf(SECRETS));
  expect(kept).not.toMatch(/canary|short/);
});

test('cannot be opened with another key, for another task, or for another configuration', () => {
  const config = configOf(SECRETS);
  expect(() => openSecrets(Buffer.alloc(32, 2), OWNER, config)).toThrow();
  expect(() => openSecrets(KEY, { taskId: 'other' }, config)).toThrow();
  expect(() => openSecrets(KEY, OWNER, { ...config, id: 'two' })).toThrow();
});

test('none at all are nothing to keep', () => {
  expect(configOf({})).not.toHaveProperty('sealed');
  expect(openSecrets(KEY, OWNER, configOf({}))).toEqual({});
});
