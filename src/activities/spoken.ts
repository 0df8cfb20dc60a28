// What a skill has said, on its way from the context to the emitter.

import type { ArtifactEmission, ProgressEmission } from '../workflows/emission';
import type { ContentPart } from '../workflows/task';

/** An emission before big parts are stored. */
export type Spoken = (Omit<ProgressEmission, 'parts'> | Omit<ArtifactEmission, 'parts'>) & {
  readonly parts: readonly ContentPart[];
};
