// What the gateway does not serve yet: one switch for each, by which tests are shown as to come.

export type Feature =
  | 'grpc'
  | 'push'
  | 'extended card'
  | 'required extensions'
  | 'content types'
  | 'agent responses'
  | 'cancel metadata';

/** Take a feature out as it is merged, then run `npm run conformance`. */
const NOT_YET: ReadonlySet<Feature> = new Set<Feature>([]);

export function isServed(needs: readonly Feature[]): boolean {
  return needs.every((feature) => !NOT_YET.has(feature));
}

/** A test, or, as long as it needs what is not served yet, a line in the report that says so. */
export function testWith(needs: readonly Feature[], name: string, run: () => Promise<void>): void {
  if (isServed(needs)) test(name, run);
  else test.todo(`${name} (not yet: ${needs.filter((need) => NOT_YET.has(need)).join(', ')})`);
}
