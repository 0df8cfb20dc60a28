// What the rows hold their runs against.

/**
 * What must hold of every task and of every process, whatever the fault; a row's own bounds are `own`.
 *
 * - I1 ids are 1..N, each once, equal to the byte to what a newcomer reads afterwards
 * - I2 artifacts folded from the stream equal GetTask's and what the skill wrote
 * - I3 exactly one terminal state, and it comes last
 * - I4 one run for each idempotency key; each keyed effect once
 * - I5 a gateway stays under 300 MB, rejects nothing unhandled, answers `/healthz` in 200 ms (p99)
 * - I6 another principal sees what it would see for an unknown id
 * - I7 what was acknowledged is there afterwards
 * - I8 no task is stuck
 * - I9 every error is a well-formed A2A error of its binding: no HTML, no stack
 */
export type Invariant = `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}` | 'own';
