// Refuses what a web page can make a browser send to a gateway that takes anonymous callers: foreign origins and names.

import type { RequestHandler } from 'express';
import { isIP } from 'node:net';
import { FaultError } from './wire/error-table';

export interface AddressGuardOptions {
  /** Where clients reach this gateway. */
  readonly publicUrl: string;
  /** Names and addresses, besides loopback and that of `publicUrl`; a wildcard is any address. */
  readonly allowedHosts: readonly string[];
  /**
   * For addresses that are themselves the right to use them: a page that knows one could as well open
   * it, and one that does not know it cannot name it. Default: false.
   */
  readonly takesAnyOrigin?: boolean;
}

/** A host without its brackets, and the port as text; empty for the scheme's own. */
interface Authority {
  readonly host: string;
  readonly port: string;
}

const AUTHORITY = /^(?:\[(?<address>[\da-f:.]+)\]|(?<name>[^\s:[\]@/\\]+))(?::(?<port>\d{1,5}))?$/;

/** What a server listens on to be reached by any address of its machine. */
const WILDCARDS = ['0.0.0.0', '::'];

/**
 * Lets pass who calls the gateway by a name of its own. A page of a foreign origin is told by its
 * `Origin`, which browsers send with every POST; a page whose own name was pointed here (DNS
 * rebinding) by its `Host`. An address is no name that anyone could point here, so a gateway that
 * listens on all addresses goes by each.
 * @throws FaultError `forbidden`.
 */
export function addressGuard(options: AddressGuardOptions): RequestHandler {
  const { publicUrl, allowedHosts, takesAnyOrigin = false } = options;
  const own = new URL(publicUrl);
  const hosts = new Set(
    [own.host, ...allowedHosts].map((host) => toAuthority(host)?.host ?? host.toLowerCase()),
  );
  const hasWildcard = WILDCARDS.some((wildcard) => hosts.has(wildcard));
  const isOurs = (host: string): boolean =>
    isLoopback(host) || hosts.has(host) || (hasWildcard && isIP(host) !== 0);
  return (req, _res, next) => {
    const { host, origin } = req.headers;
    if (host === undefined && req.httpVersion === '1.1') {
      throw new FaultError('invalidRequest', 'Host: must be there (RFC 9112 §3.2)');
    }
    const addressed = toAuthority(host ?? '');
    // HTTP/1.0 has no `Host`, and no browser speaks it.
    if (host !== undefined && (addressed === undefined || !isOurs(addressed.host))) {
      throw new FaultError(
        'forbidden',
        'Host: this gateway has another name; call it by its PUBLIC_URL, or set ALLOWED_HOSTS',
      );
    }
    const isForeign = origin !== undefined && origin !== own.origin && !takesAnyOrigin;
    if (isForeign && !isSameOrigin(origin, addressed)) {
      throw new FaultError('forbidden', 'Origin: pages of other origins may not call this gateway');
    }
    next();
  };
}

function toAuthority(text: string): Authority | undefined {
  const { address, name, port = '' } = AUTHORITY.exec(text.toLowerCase())?.groups ?? {};
  const host = address ?? name;
  return host === undefined ? undefined : { host, port };
}

/** `Host` has been checked; the names of the loopback are one. */
function isSameOrigin(origin: string, addressed: Authority | undefined): boolean {
  const [, authority = ''] = /^https?:\/\/(.+)$/.exec(origin) ?? [];
  const from = toAuthority(authority);
  if (from === undefined || from.port !== addressed?.port) return false;
  return from.host === addressed.host || (isLoopback(from.host) && isLoopback(addressed.host));
}

/** RFC 6761 §6.3: names under `localhost` never leave the machine. */
function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === 'localhost' || host.endsWith('.localhost');
}
