// How long GetTask and ListTasks take, by how many tasks there are.

import { monotonicMs } from '../monotonic';
import { percentile } from '../statistics';
import { PAGE_SIZE, TASKS_PER_CONTEXT, type Stock } from './stock';

/** Of each call, in a round. */
const CALLS = 30;

export type Look = 'GetTask' | 'ListTasks' | 'ListTasks, second page' | 'ListTasks of a context';

export const LOOKS: Readonly<
  Record<Look, { readonly meaning: string; readonly look: (stock: Stock) => Promise<unknown> }>
> = {
  GetTask: {
    meaning: 'One task, any of them.',
    look: ({ client, taskIds }) => client.ask('GetTask', { id: oneOf(taskIds) }),
  },
  ListTasks: {
    meaning: `The newest ${PAGE_SIZE}.`,
    look: (stock) => list(stock, { pageSize: PAGE_SIZE }, PAGE_SIZE),
  },
  'ListTasks, second page': {
    meaning: `The next ${PAGE_SIZE}.`,
    look: (stock) => list(stock, { pageSize: PAGE_SIZE, pageToken: stock.pageToken }, PAGE_SIZE),
  },
  'ListTasks of a context': {
    meaning: `The ${TASKS_PER_CONTEXT} of one context.`,
    look: (stock) => list(stock, { contextId: oneOf(stock.contextIds) }, TASKS_PER_CONTEXT),
  },
};

/** The median in milliseconds. */
export async function timeOf(look: Look, stock: Stock): Promise<number> {
  const tookMs: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const from = monotonicMs();
    await LOOKS[look].look(stock);
    tookMs.push(monotonicMs() - from);
  }
  return percentile(tookMs, 0.5);
}

async function list(stock: Stock, query: object, expected: number): Promise<void> {
  const page = (await stock.client.ask('ListTasks', query)) as {
    readonly tasks: readonly unknown[];
  };
  if (page.tasks.length === expected) return;
  throw new Error(`ListTasks told of ${page.tasks.length} tasks instead of ${expected}`);
}

function oneOf(ids: readonly string[]): string {
  return ids[Math.floor(Math.random() * ids.length)] ?? '';
}
