// What a skill has said, on its way from the context to the emitter.

import type { ArtifactEmission, ProgressEmission } from '../workflows/emission';
import type { Part } from '../workflows/task';
import type { AuthoredPart } from './authored-part';

/** An emission before big parts are stored; files are stored already. */
export type Spoken = Saying<Part>;

/** The same before files are stored. */
export type Said = Saying<AuthoredPart>;

/** Either. */
export type Telling = Saying<AuthoredPart | Part>;

type Saying<P> = (Omit<ProgressEmission, 'parts'> | Omit<ArtifactEmission, 'parts'>) & {
  readonly parts: readonly P[];
};
