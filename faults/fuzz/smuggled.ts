// Requests whose end is told in two ways, or that are none; and headers that carry more than they should.

/** What is smuggled asks for it, and headers that are injected hold it: no head of an answer may. */
export const CANARY = 'canary-6f1c';

export interface Smuggled {
  readonly name: string;
  readonly bytes: Buffer;
  /** Default: 1. */
  readonly answers?: number;
}

const HOST = 'Host: 127.0.0.1';
const BODY = '{"jsonrpc":"2.0","id":1,"method":"ListTasks","params":{}}';
const HIDDEN = `GET /tasks/${CANARY} HTTP/1.1\r\n${HOST}\r\n\r\n`;

function post(headers: readonly string[], body: string): string {
  const head = ['POST / HTTP/1.1', HOST, 'A2A-Version: 1.0', 'Content-Type: application/json'];
  return `${[...head, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

function get(target: string, headers: readonly string[] = [HOST]): string {
  return `${[`GET ${target} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`;
}

const chunk = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
const LENGTH = `Content-Length: ${BODY.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';

/** Two framings of one body, or a doubtful one, each with a request behind it. */
const FRAMINGS: Readonly<Record<string, string>> = {
  'length and chunks': post([LENGTH, CHUNKED], chunk + HIDDEN),
  'chunks and length': post([CHUNKED, 'Content-Length: 4'], `0\r\n\r\n${HIDDEN}`),
  'two lengths': post([LENGTH, 'Content-Length: 0'], BODY + HIDDEN),
  'a list of lengths': post([`Content-Length: ${BODY.length}, 0`], BODY + HIDDEN),
  'a length with a sign': post([`Content-Length: +${BODY.length}`], BODY + HIDDEN),
  'a negative length': post(['Content-Length: -1'], HIDDEN),
  'a length in hex': post(['Content-Length: 0x10'], HIDDEN),
  'a length of 2^64': post(['Content-Length: 18446744073709551616'], HIDDEN),
  'an encoding that is not chunked': post(['Transfer-Encoding: xchunked'], chunk + HIDDEN),
  'chunked and identity': post(['Transfer-Encoding: chunked, identity'], chunk + HIDDEN),
  'chunked twice': post([CHUNKED, CHUNKED], chunk + HIDDEN),
  'a space before the colon': post(['Transfer-Encoding : chunked', LENGTH], BODY + HIDDEN),
  'a folded encoding': post(['Transfer-Encoding:\r\n chunked', LENGTH], BODY + HIDDEN),
  'an encoding behind a tab': post(['Transfer-Encoding:\tchunked', LENGTH], chunk + HIDDEN),
  'an encoding behind a vertical tab': post(['Transfer-Encoding:\vchunked', LENGTH], BODY + HIDDEN),
  'a header name with a NUL': post(['Content-Le\0ngth: 5', LENGTH], BODY + HIDDEN),
  'a bare carriage return': post([`X: a\rContent-Length: 0`, LENGTH], BODY + HIDDEN),
  'bare line feeds': post([LENGTH], BODY + HIDDEN).replaceAll('\r\n', '\n'),
  'a chunk of no size': post([CHUNKED], `zz\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`),
  'a chunk of 2^64': post([CHUNKED], `10000000000000000\r\n${HIDDEN}`),
  'a chunk that ends by a line feed': post([CHUNKED], `5\nabcde\n0\n\n${HIDDEN}`),
  'a chunk longer than it says': post([CHUNKED], `5\r\nabcdefgh\r\n0\r\n\r\n${HIDDEN}`),
};

/** What is no request, or one that is strange as a whole. */
const REQUESTS: Readonly<Record<string, string>> = {
  'an absolute target of another host': get('http://evil.example/tasks'),
  'an absolute target of no scheme': get('//evil.example/tasks'),
  'a target with a line feed': get('/tasks/%0d%0aX-Injected:%20canary-6f1c'),
  'a target with a space': get(`/tasks/a b`),
  'a version as a query with a line break': get(`/tasks?A2A-Version=1.0%0d%0aX-Injected:${CANARY}`),
  'a very long target': get(`/tasks/${'x'.repeat(12_000)}`),
  'a target past every limit': get(`/tasks/${'x'.repeat(100_000)}`),
  'an asterisk': `OPTIONS * HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'a tunnel': `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'a method that nobody knows': `SMUGGLE / HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'a version of HTTP that is none': `GET / HTTP/9.9\r\n${HOST}\r\n\r\n`,
  'a preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'no Host': get('/tasks', []),
  'two of Host': get('/tasks', [HOST, 'Host: evil.example']),
  'another Host': get('/tasks', ['Host: evil.example']),
  'an upgrade to a websocket': get('/tasks', [
    ...[HOST, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'],
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]),
  'an upgrade to HTTP/2': get('/tasks', [HOST, 'Upgrade: h2c', 'Connection: Upgrade']),
  'an expectation that nobody knows': post(['Expect: a-miracle', LENGTH], BODY),
  'an expectation to go on': post(['Expect: 100-continue', LENGTH], BODY),
  'a header without a colon': get('/tasks', [HOST, 'nonsense']),
  'a header of no name': get('/tasks', [HOST, ': x']),
  'thousands of headers': get('/tasks', [HOST, ...Array.from({ length: 3_000 }, () => 'a: b')]),
  noise: '\0\x01\x02\x03\xff\xfe noise\r\n\r\n',
};

/** A connection that is used as it should be: what is not seen there is seen nowhere. */
export const PIPELINED: Smuggled = {
  name: 'two requests, one behind the other',
  bytes: Buffer.from(post([LENGTH], BODY) + get('/tasks')),
  answers: 2,
};

/** Values that end a header, or that a terminal, a log or a parser may trip over. */
const VALUES: Readonly<Record<string, string>> = {
  'a line break': `1\r\nX-Injected: ${CANARY}`,
  'a line feed': `1\nX-Injected: ${CANARY}`,
  'a carriage return': `1\rX-Injected: ${CANARY}`,
  'an empty line': `1\r\n\r\n${HIDDEN}`,
  'an escaped line break': `1%0d%0aX-Injected: ${CANARY}`,
  'a line break as text': `1\\r\\nX-Injected: ${CANARY}`,
  'a folded line': `1\r\n X-Injected: ${CANARY}`,
  'a NUL': `1\0${CANARY}`,
  'a backspace': `1\b${CANARY}`,
  'an escape sequence': `\x1b[31m${CANARY}`,
  'a DEL': `1\x7f${CANARY}`,
  'a next line of Latin-1': `1\x85X-Injected: ${CANARY}`,
  'a line separator of Unicode': `1\u2028X-Injected: ${CANARY}`,
  'letters that lose a byte': `1\u010d\u010aX-Injected: ${CANARY}`,
  'bytes that are no UTF-8': `\xff\xfe${CANARY}`,
  'a list of many': Array.from({ length: 500 }, () => CANARY).join(','),
  'a long one': CANARY.padEnd(8_000, 'x'),
  'one past every limit': CANARY.padEnd(40_000, 'x'),
  'quotes and brackets': `"><script>${CANARY}</script>`,
  nothing: '',
  'another header within': `1, X-Injected: ${CANARY}`,
  'the names of a prototype': `__proto__, constructor, ${CANARY}`,
};

export const HEADERS = [
  ...['Last-Event-ID', 'A2A-Version', 'A2A-Extensions', 'X-A2A-Extensions', 'Idempotency-Key'],
] as const;

export function smuggledRequests(): readonly Smuggled[] {
  return Object.entries({ ...FRAMINGS, ...REQUESTS }).map(([name, text]) => ({
    name,
    bytes: Buffer.from(text, 'latin1'),
  }));
}

export interface Injected {
  readonly name: string;
  readonly header: (typeof HEADERS)[number];
  readonly value: string;
}

/** Each value in each header. */
export function injectedHeaders(): readonly Injected[] {
  return HEADERS.flatMap((header) =>
    Object.entries(VALUES).map(([name, value]) => ({ name, header, value })),
  );
}

/** How one header, once or twice, comes to each binding over HTTP; the connection is closed behind it. */
export function carrying({ name, header, value }: Injected, taskId: string): readonly Smuggled[] {
  const subscribe = `{"jsonrpc":"2.0","id":1,"method":"SubscribeToTask","params":{"id":"${taskId}"}}`;
  const closing = [HOST, 'Connection: close'];
  const version = header === 'A2A-Version' ? [] : ['A2A-Version: 1.0'];
  const lines = [`${header}: ${value}`];
  const body = [`Content-Length: ${subscribe.length}`, 'Content-Type: application/json'];
  const rpc = ['POST / HTTP/1.1', ...closing, ...version, ...lines, ...body].join('\r\n');
  const target = `/tasks/${taskId}:subscribe`;
  const texts = {
    'JSON-RPC': `${rpc}\r\n\r\n${subscribe}`,
    'REST 1.0': get(target, [...closing, ...lines]),
    'REST 0.3': get(`/v1${target}`, [...closing, ...lines]),
    'REST 1.0, twice': get(target, [...closing, ...lines, ...lines]),
  };
  return Object.entries(texts).map(([binding, text]) => ({
    name: `${name} in ${header} over ${binding}`,
    bytes: Buffer.from(text, 'latin1'),
  }));
}
