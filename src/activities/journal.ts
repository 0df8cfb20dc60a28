// The journal of a task as one run of its skill uses it: answers what was done before, records what is done now.

import type { PartStore } from '../storage/part-store';
import { inlineBytesOf, packJournal, readJournal } from '../temporal/stored-journal';
import type { JournalEmission, PackedJournalEmission } from '../workflows/emission';
import type { JournalCall, JournalEntry, JournalItem, Mark, SaidUpTo } from '../workflows/journal';
import { JOURNAL_PACK_BYTES } from '../workflows/limits';
import { ReturnOrder } from './return-order';
import { SkillError } from './skill';

/**
 * How long a call waits for those that the function made before it, or that the journal has instead of it:
 * branches of a function may take turns differently, and one may wait for the world outside.
 */
const MISFIT_WAIT_MS = 5_000;

export type JournalRecord = JournalEmission | PackedJournalEmission;

export interface JournalOptions {
  readonly items: readonly JournalItem[];
  readonly store: PartStore;
  /** Takes it at once, behind what was said before; resolves when it is recorded. */
  record(emission: JournalRecord): Promise<void>;
  /** What was said since the entry before, without these calls: what they said is never said again. */
  mark(ended: readonly string[]): Mark | undefined;
}

export class Journal {
  private readonly options: JournalOptions;
  private readonly entries: JournalEntry[];
  /** Items as the task holds them, and their bytes beside segments. */
  private items: number;
  private inlineBytes: number;
  private packing: Promise<void> = Promise.resolve();
  private isClosed = false;
  /** By id: what the function has not asked for yet. */
  private readonly left: Map<string, JournalCall>;
  /** Of each lane, where it was last told of when this run began: `returned` of that entry. */
  private readonly lanes = new Map<string, number>();
  /** By question: the calls that were recorded before it was asked, and after the one before. */
  private readonly before = new Map<number, string[]>();
  /** Known to have begun, with an end that was not recorded. */
  private readonly begun: ReadonlySet<string>;
  private readonly waiting = new Set<() => void>();
  private readonly order = new ReturnOrder(MISFIT_WAIT_MS);

  /** Rejects with `MissingPartError` when a piece of it is gone. */
  static async open(options: JournalOptions): Promise<Journal> {
    return new Journal(options, await readJournal(options.store, options.items));
  }

  private constructor(options: JournalOptions, entries: readonly JournalEntry[]) {
    this.options = options;
    this.entries = [...entries];
    this.items = options.items.length;
    this.inlineBytes = options.items.reduce((sum, item) => sum + inlineBytesOf(item), 0);
    const calls = entries.filter((entry) => entry.kind !== 'mark');
    this.left = new Map(calls.map((call) => [call.id, call]));
    this.begun = new Set(calls.flatMap(({ open = [] }) => open));
    for (const call of calls) this.order.add(call);
    let since: string[] = [];
    for (const entry of entries) {
      if (entry.kind !== 'mark') since.push(entry.id);
      else if (entry.question !== undefined) {
        this.before.set(entry.question, [...(this.before.get(entry.question) ?? []), ...since]);
        since = [];
      }
    }
    for (const { said = {}, returned = 0 } of entries) {
      for (const lane of Object.keys(said)) this.lanes.set(lane, returned);
    }
  }

  /**
   * The function has not come to where the lane was last told of: what it says there was said, in these words or
   * in others.
   * @param returned how many calls and questions have come back to the function.
   */
  isBehind(lane: string, returned: number): boolean {
    return returned <= (this.lanes.get(lane) ?? -1);
  }

  private get isReplaying(): boolean {
    return this.left.size > 0;
  }

  /** Nothing was recorded, not even what was said: so it was before there were journals. */
  get isEmpty(): boolean {
    return this.entries.every((entry) => entry.kind === 'mark' && entry.said === undefined);
  }

  /** Follow-ups that were read as messages, by number. */
  get messages(): ReadonlySet<number> {
    const read = this.entries.flatMap((entry) =>
      entry.kind === 'message' ? [entry.followUp] : [],
    );
    return new Set(read);
  }

  /** This call was made before, and the function has not asked for it yet. */
  has(id: string): boolean {
    return this.left.has(id);
  }

  /** The first call that the function has not asked for. */
  get next(): string | undefined {
    return this.left.keys().next().value;
  }

  /** How far each lane had come when it was last told of. */
  get said(): SaidUpTo {
    return Object.assign({}, ...this.entries.map(({ said = {} }) => said)) as SaidUpTo;
  }

  /**
   * What is recorded of this call, for the one time that it is asked for; undefined when it has to be made.
   * @throws SkillError when the journal has other calls and none of this one.
   */
  async take(id: string): Promise<JournalCall | undefined> {
    if (this.isClosed) return new Promise(() => undefined);
    const call = this.left.get(id);
    if (call !== undefined) {
      this.left.delete(id);
      for (const wake of this.waiting) wake();
      return call;
    }
    if (this.isReplaying && !this.begun.has(id)) {
      await this.assertFits(() => this.next, `calls "${id}" there`);
    }
    return undefined;
  }

  /** A question whose answer is not for this place: its calls came first. Undefined when it is, as far as is known. */
  misplaced(question: number): Promise<void> | undefined {
    const first = (): string | undefined =>
      this.before.get(question)?.find((id) => this.left.has(id));
    return first() === undefined ? undefined : this.assertFits(first, 'asks a question there');
  }

  /** The call is over, or a sleep has begun: what has a later place comes back to the function after it. */
  place(call: JournalCall): void {
    this.order.add(call);
  }

  /** Resolves when the call is to come back to the function. */
  async turn(id: string): Promise<void> {
    await this.order.turn(id);
    if (this.isClosed) return new Promise(() => undefined);
  }

  /** Resolves when they are recorded. */
  async add(entries: readonly JournalCall[]): Promise<void> {
    if (this.isClosed) return new Promise(() => undefined);
    const mark = this.options.mark(entries.map(({ id }) => id));
    await this.append(entries.map((entry, at) => (at > 0 ? entry : { ...entry, ...mark })));
  }

  /**
   * Where the run ends without a call: what was said since the last entry. Nothing comes after it.
   * @param question the number of the one that it ends with, if it does.
   */
  async close(calls: readonly JournalCall[], question?: number): Promise<void> {
    this.isClosed = true;
    const mark = this.options.mark(calls.map(({ id }) => id));
    const asked = question === undefined ? {} : { question };
    const isMarked = mark !== undefined || question !== undefined;
    const marks = isMarked ? [{ kind: 'mark', ...mark, ...asked } as const] : [];
    if (calls.length + marks.length > 0) await this.append([...calls, ...marks]);
  }

  private async append(entries: readonly JournalEntry[]): Promise<void> {
    this.entries.push(...entries);
    this.items += entries.length;
    this.inlineBytes += entries.reduce((sum, entry) => sum + inlineBytesOf(entry), 0);
    await this.options.record({ kind: 'journal', entries });
    if (this.inlineBytes > JOURNAL_PACK_BYTES) await this.pack();
  }

  /** @param missing the call that the function should have made by now, if there is one. */
  private assertFits(missing: () => string | undefined, found: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(patience);
        this.waiting.delete(look);
      };
      const look = (): void => {
        if (missing() !== undefined) return;
        end();
        resolve();
      };
      const patience = setTimeout(() => {
        end();
        reject(misfit(missing() ?? '', found));
      }, MISFIT_WAIT_MS);
      this.waiting.add(look);
    });
  }

  /** Moves what there is to the part store: what a task holds of its journal has a limit. One at a time. */
  private pack(): Promise<void> {
    this.packing = this.packing.then(async () => {
      if (this.inlineBytes <= JOURNAL_PACK_BYTES) return;
      const { items: replaces, inlineBytes } = this;
      const segment = await packJournal(this.options.store, [...this.entries]);
      this.items += 1 - replaces;
      this.inlineBytes -= inlineBytes;
      await this.options.record({ kind: 'packed-journal', replaces, segment });
    });
    return this.packing;
  }
}

/** @param found what the skill does instead. */
export function misfit(id: string, found: string): SkillError {
  const text =
    `the journal of this task does not fit the skill any more: it has the step "${id}" next, ` +
    `and the skill ${found}; give changed steps new names in a new skill, or keep the old ones`;
  return new SkillError(text, { retryable: false });
}
