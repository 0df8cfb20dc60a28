// A row of what Longhaul guarantees, as the document shows it.

export interface Guarantee {
  /** One sentence of the document. */
  readonly says: string;
  /** From the root of the repository. */
  readonly file: string;
  /** As it stands in the file. */
  readonly title: string;
}
