// Webhook URLs that lead where none may: private addresses in every notation, names, redirects, other schemes.

export interface PrivateUrl {
  readonly url: string;
  /** Whether it leads to this machine by itself: what dials it unguarded is seen. */
  readonly isLoopback: boolean;
}

/** Each is 127.0.0.1, or another address of this machine. */
const LOOPBACK = [
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '127.0.0.1.',
    '127.255.255.254',
    '127.0.0.2',
    '0',
    '0.0.0.0',
  ],
  ...['2130706433', '0x7f000001', '0x7F.1', '0x7f.0x0.0x0.0x1', '0177.0.0.1', '017700000001'],
  ...[
    '0177.0.0.0x1',
    '127%2e0%2e0%2e1',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    '１２７.0.0.1',
    '[::1]',
    '[::]',
  ],
  ...['[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:127.0.0.1]'],
];

const ELSEWHERE = [
  ...['10.0.0.1', '10.1', '0xa000001', '167772161', '172.16.0.1', '172.31.255.255', '192.168.0.1'],
  ...['192.168.257', '169.254.169.254', '2852039166', '0xa9fea9fe', '100.64.0.1', '192.0.2.1'],
  ...['198.18.0.1', '224.0.0.1', '255.255.255.255', '[fe80::1]', '[fe80::1%25eth0]', '[fd00::1]'],
  ...[
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::a00:1]',
    '[2002:7f00:1::]',
    '[::127.0.0.1]',
    '[2001:db8::1]',
  ],
  ...['[::ffff:a9fe:a9fe]', '[ff02::1]'],
];

const SCHEMES = ['file:///etc/passwd', 'gopher://127.0.0.1:1/_', 'ftp://127.0.0.1/', 'data:,x'];

/** @param port where it would be seen. */
export function privateUrls(port: number): readonly PrivateUrl[] {
  const to = (host: string, isLoopback: boolean): PrivateUrl => ({
    url: `https://${host}:${port}/hook`,
    isLoopback,
  });
  return [
    ...LOOPBACK.map((host) => to(host, true)),
    ...ELSEWHERE.map((host) => to(host, false)),
    ...['localhost', 'a.localhost'].map((host) => to(host, true)),
    { url: `http://127.0.0.1:${port}/`, isLoopback: true },
    { url: `https://user:secret@127.0.0.1:${port}/`, isLoopback: true },
    { url: `https://hooks.example.com@127.0.0.1:${port}/`, isLoopback: true },
    ...SCHEMES.map((url) => ({ url, isLoopback: false })),
  ];
}
