// One pass over the bytes of a request, before anything recurses over them or makes objects of them.

import { isUtf8 } from 'node:buffer';
import { DEPTH_MAX, HOLDERS_MAX, NAMES_MAX, PROTO, VALUES_MAX } from '../body';
import { FaultError } from '../wire/error-table';
import { I32, I64, LENGTH, VARINT, type Content, type Shape } from './shape';

/**
 * An empty message takes two bytes to send and a hundred to hold. The values of JSON are messages here, and
 * each is a field of its list and has one itself. Nothing else is sent in such numbers.
 */
const FIELDS_MAX = 2 * VALUES_MAX + 100_000;

/**
 * Refuses what is not protobuf, text that is not UTF-8, messages nested too deep or too many, and
 * the key `__proto__`, as in JSON.
 * @throws FaultError `invalidRequest`.
 */
export function scanRequest(bytes: Buffer, shape: Shape): void {
  new Scan(bytes).run(shape);
}

interface Open {
  readonly shape: Shape;
  readonly end: number;
  /** The numbers of messages in it that come once, and have come: a bit each. */
  seen: number;
}

class Scan {
  private readonly bytes: Buffer;
  private at = 0;
  private depth = 0;
  private count = 0;
  private fields = 0;
  private names = 0;
  private holders = 0;
  /** The messages that are open, the innermost last. */
  private readonly open: Open[] = [];

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  run(shape: Shape): void {
    this.enter(shape, this.bytes.length);
    for (;;) {
      const inner = this.open.at(-1);
      if (inner === undefined) return;
      if (this.at === inner.end) this.leave(inner.shape);
      else this.field(inner);
    }
  }

  private enter(shape: Shape, end: number): void {
    this.open.push({ shape, end, seen: 0 });
    this.count += 1;
    if (shape.isLevel) {
      this.depth += 1;
      this.holders += 1;
    }
    if (this.holders > HOLDERS_MAX) {
      refuse(`has more than ${String(HOLDERS_MAX)} objects and lists`);
    }
    if (this.depth > DEPTH_MAX) refuse(`is nested deeper than ${String(DEPTH_MAX)}`);
    if (this.count > VALUES_MAX) refuse(`holds more than ${String(VALUES_MAX)} values`);
  }

  private leave(shape: Shape): void {
    this.open.pop();
    if (shape.isLevel) this.depth -= 1;
  }

  private field(inner: Open): void {
    const { shape, end } = inner;
    this.fields += 1;
    if (this.fields > FIELDS_MAX) refuse(`holds more than ${String(FIELDS_MAX)} fields`);
    const tag = this.varint();
    const number = Math.floor(tag / 8);
    const field = shape.fields.get(number);
    const wireType = tag % 8;
    if (number === 0) refuse(NOT_PROTOBUF);
    // Decoders disagree on a known field in the encoding of another type.
    if (field !== undefined && !field.wireTypes.includes(wireType)) refuse(NOT_PROTOBUF);
    if (field?.isSingleMessage) once(inner, number);
    if (wireType === VARINT) this.varint();
    else if (wireType === I64) this.at += 8;
    else if (wireType === I32) this.at += 4;
    else if (wireType === LENGTH) {
      this.delimited(field?.content ?? 'opaque', end);
      return;
    } else refuse(NOT_PROTOBUF);
    if (this.at > end) refuse(NOT_PROTOBUF);
  }

  private delimited(content: Content, outerEnd: number): void {
    const length = this.varint();
    const end = this.at + length;
    if (end > outerEnd) refuse(NOT_PROTOBUF);
    if (typeof content === 'object') {
      this.enter(content, end);
      return;
    }
    const from = this.at;
    this.at = end;
    if (content === 'opaque') return;
    if (content === 'key') this.names += 1;
    if (this.names > NAMES_MAX) refuse(`has more than ${String(NAMES_MAX)} names`);
    if (length === 0) return;
    const value = this.bytes.subarray(from, end);
    if (!isUtf8(value)) refuse('holds text that is not UTF-8');
    if (content === 'key' && value.equals(PROTO_KEY)) refuse(`has the key ${PROTO}`);
  }

  /** Of up to ten bytes; exact up to 53 bits, and nothing longer is of use here. */
  private varint(): number {
    let value = 0;
    for (let scale = 1, bytes = 0; bytes < 10; scale *= 128, bytes += 1) {
      const byte = this.bytes[this.at];
      if (byte === undefined) break;
      this.at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return refuse(NOT_PROTOBUF);
  }
}

/** None of ours is over 30. */
function once(inner: Open, number: number): void {
  const bit = 1 << number;
  if ((inner.seen & bit) !== 0) refuse(`has field ${String(number)} twice`);
  inner.seen |= bit;
}

const NOT_PROTOBUF = 'is not protobuf of its type';
const PROTO_KEY = Buffer.from(PROTO);

function refuse(what: string): never {
  throw new FaultError('invalidRequest', `the message ${what}`);
}
