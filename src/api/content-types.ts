// Whether a skill takes the media types of a message's parts (A2A §3.1.1, §4.4.5).

import { TaskError, TaskErrorReason } from '../temporal/task-error';
import type { ContentPart } from '../workflows/task';

/** A skill, and what it takes; one that does not say takes anything. */
interface Taker {
  readonly skillId: string;
  readonly inputModes?: readonly string[];
}

/**
 * A part without a media type passes: what it is, its content says.
 * @throws TaskError `content-type` that names the first part which no mode covers.
 */
export function assertContentTypes(
  parts: readonly ContentPart[],
  { skillId, inputModes = [] }: Taker,
): void {
  if (inputModes.length === 0) return;
  for (const [index, { mediaType = '' }] of parts.entries()) {
    if (mediaType === '' || inputModes.some((mode) => covers(mode, mediaType))) continue;
    throw new TaskError(
      TaskErrorReason.contentType,
      `message.parts[${String(index)}].mediaType: the skill "${skillId}" does not take ` +
        `${JSON.stringify(mediaType.slice(0, 100))}; it takes ${inputModes.join(', ')}`,
    );
  }
}

/** By type and subtype; parameters, upper and lower case say nothing (RFC 9110 §8.3.1). */
function covers(mode: string, mediaType: string): boolean {
  const [wantedType, wantedSubtype] = namesOf(mode);
  const [type, subtype] = namesOf(mediaType);
  if (wantedType !== '*' && wantedType !== type) return false;
  return wantedSubtype === '*' || wantedSubtype === subtype;
}

/** A mode without a subtype, such as `text`, is all of them. */
function namesOf(mediaType: string): readonly [string, string] {
  const [essence = ''] = mediaType.split(';', 1);
  const [type = '', subtype = '*'] = essence.trim().toLowerCase().split('/', 2);
  return [type, subtype];
}
