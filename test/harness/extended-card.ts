// An extended card for tests: one field that the public card says otherwise.

import { join } from 'node:path';

/** The file that `EXTENDED_AGENT_CARD` names. */
export const EXTENDED_CARD = join(__dirname, 'extended-card.json');

export const EXTENDED_DESCRIPTION = 'Only in the extended card.';
