// Reads a request body as JSON, within its limits, before anything else looks at it.

import express, { type Request, type RequestHandler } from 'express';
import { FaultError } from './wire/error-table';

/** Levels of objects and lists. `JSON.parse` takes any depth, but what walks the value afterwards recurses. */
export const DEPTH_MAX = 64;

/**
 * Names in all objects together, objects and lists, and values. One takes a few bytes to send and a hundred or
 * two to hold: ten million bytes of either took seconds of everybody's time, and three such bodies at once the
 * process. So many of each are read, checked and stored within 200 ms, in which nobody else is served.
 */
export const NAMES_MAX = 50_000;
export const HOLDERS_MAX = 200_000;
export const VALUES_MAX = 1_000_000;

/** Reads the raw body of any content type; the edge decides what it accepts. */
export function rawBody(maxBodyBytes: number): RequestHandler {
  return express.raw({ type: () => true, limit: maxBodyBytes, inflate: false });
}

/**
 * The JSON of the body; undefined for an empty one. Pass it to `assertKeys` before use.
 * @throws FaultError `parseError` or `invalidRequest`.
 */
export function parseBody(req: Request): unknown {
  const raw: unknown = req.body;
  if (!Buffer.isBuffer(raw) || raw.length === 0) return undefined;
  assertBounds(raw);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
  } catch {
    throw new FaultError('parseError', 'the body is not JSON in UTF-8');
  }
}

/**
 * Refuses `__proto__` as a key: `JSON.parse` keeps it as a field, and whoever copies the object by
 * assignment changes the copy's prototype instead. Apart from `parseBody`, so that the edge knows by
 * then whom to answer.
 * @throws FaultError `invalidRequest`.
 */
export function assertKeys(req: Request, value: unknown): void {
  const raw: unknown = req.body;
  if (Buffer.isBuffer(raw) && mayHoldProto(raw)) refuseProto(value);
}

/** One pass over the bytes, before anything recurses over them or makes objects of them. */
function assertBounds(raw: Buffer): void {
  let depth = 0;
  let names = 0;
  let holders = 0;
  let values = 1;
  let inString = false;
  for (let i = 0; i < raw.length; i += 1) {
    const byte = raw[i];
    if (inString) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === COLON) {
      names += 1;
      if (names > NAMES_MAX) refuse(`has more than ${String(NAMES_MAX)} names`);
    } else if (byte === COMMA) {
      values += 1;
      if (values > VALUES_MAX) refuse(`has more than ${String(VALUES_MAX)} values`);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      holders += 1;
      if (depth > DEPTH_MAX) refuse(`is nested deeper than ${String(DEPTH_MAX)}`);
      if (holders > HOLDERS_MAX) refuse(`has more than ${String(HOLDERS_MAX)} objects and lists`);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
  }
}

function refuse(what: string): never {
  throw new FaultError('invalidRequest', `the body ${what}`);
}

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Cheap look before the walk: nearly no body holds such a key, not even escaped. */
function mayHoldProto(raw: Buffer): boolean {
  return raw.includes(PROTO) || raw.includes('\\u00');
}

/** The one key that is refused, see `assertKeys`. */
export const PROTO = '__proto__';

function refuseProto(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === PROTO) refuse(`has the key ${PROTO}`);
    refuseProto(inner);
  }
}
