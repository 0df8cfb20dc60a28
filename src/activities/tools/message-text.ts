// What a message says, for a model that reads text: data as JSON, and of a file that it cannot read that it is there.

import type { ContentPart } from '../../workflows/task';

/** The texts of the parts, one a line. */
export function textOfParts(parts: readonly ContentPart[]): string {
  return parts.map(textOfPart).join('\n');
}

export function textOfPart(part: ContentPart): string {
  if ('text' in part) return part.text;
  if ('data' in part) return JSON.stringify(part.data);
  const { filename, mediaType } = part;
  const what = [filename, mediaType].filter((known) => known !== undefined).join(', ');
  if ('url' in part) return `[file${what && ` ${what}`}: ${part.url}]`;
  const bytes = Buffer.from(part.raw, 'base64');
  if (mediaType !== undefined && isText(mediaType)) return bytes.toString('utf8');
  return `[file${what && ` ${what}`}, ${String(bytes.length)} bytes, which cannot be shown here]`;
}

/** Whether files of this type are text that a model can read. */
export function isText(mediaType: string): boolean {
  return /^(text\/|application\/(?:json|xml|yaml|javascript)\b|[^;]+\+(?:json|xml)\b)/i.test(
    mediaType,
  );
}
