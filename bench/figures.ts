// What a benchmark hands over: rows of figures, what each row means, and the goals it is held to.

import type { Plot } from './plots';
import type { Spread } from './statistics';

export interface Row {
  readonly name: string;
  /** One sentence for a reader who does not know the code; empty where another row has it. */
  readonly meaning: string;
  /** As many as the section has columns. */
  readonly cells: readonly Spread[];
}

export interface Goal {
  readonly name: string;
  /** The median over the rounds counts. */
  readonly value: Spread;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Section {
  readonly id: SectionId;
  readonly title: string;
  /** How it was measured, in one or two sentences. */
  readonly method: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** Drawn beside the page of docs. */
  readonly plots?: readonly Plot[];
}

export type SectionId = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j';

export function isMet({ value, atLeast, atMost }: Goal): boolean {
  return (
    value.median >= (atLeast ?? Number.NEGATIVE_INFINITY) &&
    value.median <= (atMost ?? Number.POSITIVE_INFINITY)
  );
}
