// One column while a table streams in: its type so far, numbers in a typed array, counts of values.

import { commonType, isMissing, parseDate, typeOf, type ColumnType } from './cell';

const FIRST_CAPACITY = 1_024;
/** Grown by half, not doubled: at the peak old and new array lie side by side. */
const GROWTH = 1.5;

export class Column {
  readonly name: string;
  missing = 0;
  /** How often each value occurs; a value first seen after the limit is not counted. */
  readonly counts = new Map<string, number>();
  /** More different values than the limit occur. */
  isCapped = false;
  private readonly distinctLimit: number;
  private rows = 0;
  private typeSoFar: ColumnType | undefined;
  private numbers: Float64Array | undefined;

  constructor(name: string, distinctLimit: number) {
    this.name = name;
    this.distinctLimit = distinctLimit;
  }

  /** A column without any value counts as text. */
  get type(): ColumnType {
    return this.typeSoFar ?? 'string';
  }

  get isNumeric(): boolean {
    return this.typeSoFar === 'integer' || this.typeSoFar === 'number';
  }

  /** One number a row, NaN where it is missing; dates in ms since 1970; empty for text and booleans. */
  get values(): Float64Array {
    return this.numbers?.subarray(0, this.rows) ?? new Float64Array(0);
  }

  add(cell: string): void {
    const text = cell.trim();
    if (isMissing(text)) {
      this.missing += 1;
      if (this.numbers !== undefined) this.store(Number.NaN);
    } else {
      this.count(text);
      this.narrow(text);
    }
    this.rows += 1;
  }

  private narrow(text: string): void {
    if (this.typeSoFar === 'string') return;
    const type = typeOf(text);
    this.typeSoFar = commonType(this.typeSoFar ?? type, type);
    switch (this.typeSoFar) {
      case 'integer':
      case 'number':
        this.store(Number(text));
        return;
      case 'date':
        this.store(parseDate(text));
        return;
      case 'boolean':
      case 'string':
        this.numbers = undefined;
    }
  }

  private count(text: string): void {
    const seen = this.counts.get(text);
    if (seen !== undefined) this.counts.set(text, seen + 1);
    else if (this.counts.size < this.distinctLimit) this.counts.set(text, 1);
    else this.isCapped = true;
  }

  private store(value: number): void {
    let numbers = this.numbers;
    if (numbers === undefined || this.rows >= numbers.length) {
      const capacity = Math.max(FIRST_CAPACITY, Math.ceil((this.rows + 1) * GROWTH));
      // The rows before the first value are missing ones.
      const grown = new Float64Array(capacity).fill(Number.NaN);
      if (numbers !== undefined) grown.set(numbers);
      numbers = this.numbers = grown;
    }
    numbers[this.rows] = value;
  }
}
