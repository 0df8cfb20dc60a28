// What the rows hold their runs against.

/** What must hold of every task and of every process, whatever the fault. */
export const INVARIANTS = {
  I1: "the ids of a task's events are 1 to N, each once, and equal to the byte to what a newcomer reads afterwards",
  I2: 'the artifacts that a client puts together from its stream are those of GetTask, and what the skill wrote',
  I3: 'a task has exactly one terminal state, and it comes last',
  I4: 'one run for each idempotency key, and each keyed effect once',
  I5: 'a gateway stays under 300 MB, leaves no rejection unhandled and answers `/healthz` within 200 ms (p99)',
  I6: 'another principal sees what it would see for an unknown id',
  I7: 'what was acknowledged is there afterwards',
  I8: 'no task is stuck',
  I9: 'every error is a well-formed A2A error of its binding: no HTML, no stack',
  own: "the bounds of the row's own figures",
} as const;

export type Invariant = keyof typeof INVARIANTS;
