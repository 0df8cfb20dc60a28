// Where notifications may go: public addresses over TLS, and what the operator has listed.

import { BlockList, isIP } from 'node:net';

/** One entry of the operator's list: a name, an address or a range; with or without a port. */
export interface AllowedHost {
  readonly host: string;
  /** Bits of a range's prefix. */
  readonly prefix?: number;
  /** Absent: any port. */
  readonly port?: number;
}

/** Longer than any address of a receiver has to be. */
const URL_MAX = 2_048;

/** Ranges of IANA's special-purpose registries, and those by which IPv6 reaches IPv4. */
const NOT_PUBLIC = {
  ipv4: [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
    ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16'],
    ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ],
  ipv6: [
    ...['::/96', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23'],
    ...['2001:db8::/32', '2002::/16', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10'],
    ...['fec0::/10', 'ff00::/8'],
  ],
} as const;

/** All that IANA has given out as global unicast of IPv6: what is elsewhere is nobody's, or an overlay's. */
const globalIpv6 = new BlockList();
globalIpv6.addSubnet('2000::', 3, 'ipv6');

/** A list for each family: in one, the range of IPv4 addresses written as IPv6 would hold all of IPv4. */
const notPublic = { ipv4: listOf('ipv4'), ipv6: listOf('ipv6') };

function listOf(family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of NOT_PUBLIC[family]) {
    const [network = '', prefix = ''] = range.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

/** What may be dialed; made once from the operator's list. */
export class AddressRules {
  private readonly allowed: readonly AllowedHost[];

  constructor(allowed: readonly AllowedHost[]) {
    this.allowed = allowed;
  }

  /**
   * Why `text` cannot be the address of a receiver, as far as it can be told without resolving it;
   * undefined when it can.
   */
  problemOf(text: string): string | undefined {
    const url = text.length <= URL_MAX && URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined) return `must be a URL of at most ${String(URL_MAX)} characters`;
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https URL';
    if (url.username !== '' || url.password !== '') {
      return 'must not hold credentials: authentication has its own field';
    }
    const to = destinationOf(url);
    const isListed = this.isNamed(to) || this.isListed(to.host, to.port);
    if (url.protocol === 'http:' && !isListed) return NOT_LISTED;
    if (isIP(to.host) !== 0 && !this.mayDial(to.host, to)) return NOT_REACHED;
    if (isLoopbackName(to.host) && !isListed) return NOT_REACHED;
    return undefined;
  }

  /** Whether a notification for `to` may go to this address, which its host resolves to. */
  mayDial(address: string, to: Destination): boolean {
    return isPublic(address) || this.isNamed(to) || this.isListed(address, to.port);
  }

  /** Whether the operator has listed it by its name. */
  isNamed({ host, port }: Destination): boolean {
    return this.allowed.some((one) => one.host === host && fits(one, port));
  }

  private isListed(address: string, port: number): boolean {
    const family = familyOf(address);
    if (family === undefined) return false;
    return this.allowed.some((one) => {
      if (familyOf(one.host) !== family || !fits(one, port)) return false;
      const range = new BlockList();
      range.addSubnet(one.host, one.prefix ?? (family === 'ipv4' ? 32 : 128), family);
      return range.check(address, family);
    });
  }
}

/** Tells a developer on his own machine, too, what to do. */
const NOT_LISTED = 'must be an https URL, unless the operator lists its host (PUSH_ALLOW_HOSTS)';

/** Says no more than the caller knew: not what a name resolves to here. */
export const NOT_REACHED = 'must lead to a public address';

/** RFC 6761 §6.3: no name server is to be asked for these. */
function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

function fits({ port }: AllowedHost, asked: number): boolean {
  return port === undefined || port === asked;
}

/** Whether anyone on the Internet could reach it: a unicast address outside of the special ranges. */
export function isPublic(address: string): boolean {
  const family = familyOf(address);
  if (family === undefined || notPublic[family].check(address, family)) return false;
  return family === 'ipv4' || globalIpv6.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const family = isIP(address);
  return family === 0 ? undefined : family === 4 ? 'ipv4' : 'ipv6';
}

/** What a URL says of where to connect. */
export interface Destination {
  /** Lower case, in the notation that `URL` has brought it to; without brackets and a final dot. */
  readonly host: string;
  readonly port: number;
}

export function destinationOf({
  hostname,
  port,
  protocol,
}: Pick<URL, 'hostname' | 'port' | 'protocol'>): Destination {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return { host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}

/** `[address]:port`, the brackets as in a URL; or `name:port`, `address:port`, `range/prefix:port`. */
const ALLOWED = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:]+))(?::(?<port>\d{1,5}))?$/;
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** One entry of the operator's list, the port optional; undefined when it cannot be read. */
export function parseAllowedHost(text: string): AllowedHost | undefined {
  const [address = ''] = text.split('/');
  const groups = isIP(address) === 6 ? { bracketed: text } : ALLOWED.exec(text)?.groups;
  const { bracketed, plain, port } = groups ?? {};
  const [host = '', prefix] = (bracketed ?? plain ?? '').toLowerCase().split('/');
  const bits = isIP(host) === 4 ? 32 : isIP(host) === 6 ? 128 : undefined;
  if (bits === undefined && !NAME.test(host)) return undefined;
  const isPrefix = /^\d{1,3}$/.test(prefix ?? '0') && Number(prefix ?? 0) <= (bits ?? -1);
  if (prefix !== undefined && !isPrefix) return undefined;
  return {
    host,
    ...(prefix === undefined ? {} : { prefix: Number(prefix) }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}
