// Settings that are checked when a process starts.

import { readConfig } from '../src/config';

describe('ALLOWED_HOSTS', () => {
  test('is empty by default', () => {
    expect(readConfig({}).allowedHosts).toEqual([]);
    expect(readConfig({ ALLOWED_HOSTS: '' }).allowedHosts).toEqual([]);
  });

  test('names hosts as a Host header does, in any case', () => {
    const { allowedHosts } = readConfig({
      ALLOWED_HOSTS: 'Gateway, longhaul.default.svc,10.0.0.7,',
    });
    expect(allowedHosts).toEqual(['gateway', 'longhaul.default.svc', '10.0.0.7']);
  });

  test.each(['http://gateway', 'gateway:4000', 'gateway/', '*', 'a..b', 'gate way'])(
    'does not take %s, and says so',
    (name) => {
      expect(() => readConfig({ ALLOWED_HOSTS: name })).toThrow(
        /names without a port[^]*ALLOWED_HOSTS/,
      );
    },
  );
});
