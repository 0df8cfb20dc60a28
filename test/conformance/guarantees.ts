// What Longhaul guarantees to clients beyond the specification, and the test that fails without it.

export interface Guarantee {
  /** Why somebody depends on it. */
  readonly says: string;
  readonly test: { readonly file: string; readonly title: string };
}
export const GUARANTEES: readonly Guarantee[] = [];
