// Which addresses a notification may go to: what is public, and what the operator has listed.

import {
  AddressRules,
  destinationOf,
  isPublic,
  parseAllowedHost,
} from '../../src/webhooks/address-rules';

const NOTHING_LISTED = new AddressRules([]);

function rulesOf(...entries: readonly string[]): AddressRules {
  return new AddressRules(entries.map((entry) => parseAllowedHost(entry)!));
}

describe('a public address', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.1', '2606:4700::1111', '2a00::1'])(
    '%s is one',
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );

  test.each([
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254'],
    ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.168.1.1'],
    ...['198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::a00:1'],
    ...['64:ff9b:1::1', '100::1', '2001::1', '2001:db8::1', '2002:a00:1::', 'fc00::1', 'fd12::1'],
    ...['fe80::1', 'fec0::1', 'ff02::1', '::ffff:0:7f00:1', '1::1', '200::1', '4000::1', 'fe00::1'],
  ])('%s is none', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  test.each(['', 'localhost', '127.1', '8.8.8.8.8'])('"%s" is no address at all', (text) => {
    expect(isPublic(text)).toBe(false);
  });
});

describe('the URL of a receiver', () => {
  test.each([
    'https://hooks.example.com/a?b=c',
    'https://hooks.example.com:8443/',
    'https://8.8.8.8/hook',
    'https://[2606:4700::1111]/hook',
  ])('%s is taken', (url) => {
    expect(NOTHING_LISTED.problemOf(url)).toBeUndefined();
  });

  /** Every notation in which a URL can write an address that is not public. */
  test.each([
    ...['https://127.0.0.1/', 'https://127.1/', 'https://0x7f.1/', 'https://0177.0.0.1/'],
    ...['https://2130706433/', 'https://0x7f000001/', 'https://127.0.0.1./', 'https://0/'],
    ...['https://①②⑦.⓪.⓪.①/', 'https://127%2e0%2e0%2e1/', 'https://[::1]/', 'https://[::]/'],
    ...['https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/', 'https://[64:ff9b::7f00:1]/'],
    ...['https://[fe80::1]/', 'https://[fd00::1]/', 'https://10.0.0.1/', 'https://192.168.0.1/'],
    ...[
      'https://169.254.169.254/latest/meta-data',
      'https://100.64.0.1/',
      'https://[2002:7f00:1::]/',
    ],
  ])('%s leads to no public address', (url) => {
    expect(NOTHING_LISTED.problemOf(url)).toMatch('public address');
  });

  test.each([
    ['http://hooks.example.com/', 'https'],
    ['ftp://hooks.example.com/', 'https'],
    ['file:///etc/passwd', 'https'],
    ['gopher://127.0.0.1:6379/_x', 'https'],
    ['https://user:pass@hooks.example.com/', 'credentials'],
    ['https://user@hooks.example.com/', 'credentials'],
    ['hooks.example.com', 'URL'],
    ['', 'URL'],
    [`https://hooks.example.com/${'a'.repeat(2_048)}`, '2048'],
  ])('%s is refused for what is wrong with it', (url, problem) => {
    expect(NOTHING_LISTED.problemOf(url)).toMatch(problem);
  });
});

describe('what the operator lists (PUSH_ALLOW_HOSTS)', () => {
  test.each([
    ['127.0.0.1', 'http://127.0.0.1:4100/'],
    ['127.0.0.1', 'https://127.1/'],
    ['127.0.0.1:4100', 'http://127.0.0.1:4100/'],
    ['10.0.0.0/8', 'http://10.1.2.3/'],
    ['10.0.0.0/8:8080', 'http://10.1.2.3:8080/'],
    ['hooks.internal', 'http://hooks.internal/'],
    ['HOOKS.internal:8080', 'http://hooks.INTERNAL:8080/'],
    ['::1', 'http://[::1]:4100/'],
    ['[::1]:4100', 'http://[::1]:4100/'],
    ['[fd00::/8]:443', 'https://[fd12::1]/'],
  ])('%s lets %s pass', (entry, url) => {
    expect(rulesOf(entry).problemOf(url)).toBeUndefined();
  });

  test.each([
    ['127.0.0.1', 'http://127.0.0.2/'],
    ['127.0.0.1:4100', 'http://127.0.0.1:4101/'],
    ['10.0.0.0/8', 'http://11.0.0.1/'],
    ['hooks.internal', 'http://evil.hooks.internal/'],
    ['hooks.internal:8080', 'http://hooks.internal/'],
    ['0.0.0.0/0', 'http://[::1]/'],
    ['127.0.0.1', 'http://[::ffff:127.0.0.1]/'],
  ])('%s does not let %s pass', (entry, url) => {
    expect(rulesOf(entry).problemOf(url)).toBeDefined();
  });

  test('a listed name may resolve to anything, another name to public addresses only', () => {
    const rules = rulesOf('hooks.internal');
    const listed = destinationOf(new URL('https://hooks.internal/'));
    const other = destinationOf(new URL('https://hooks.example.com/'));
    expect(rules.mayDial('10.0.0.1', listed)).toBe(true);
    expect(rules.mayDial('10.0.0.1', other)).toBe(false);
    expect(rules.mayDial('8.8.8.8', other)).toBe(true);
  });

  test.each(['', 'a b', '10.0.0.0/33', '::1/129', 'name/8', '10.0.0.0/x', 'http://a', 'a:b', 'a:'])(
    '"%s" cannot be read',
    (entry) => {
      expect(parseAllowedHost(entry)).toBeUndefined();
    },
  );
});
