// `save_artifact`: how a model hands over a result of its own.

import { z } from 'zod';
import type { ContentPart, Json, SkillContext } from '../skill';
import { readArguments, refusal, withoutNulls } from './arguments';
import { isText } from './message-text';

export const SAVE_ARTIFACT =
  'Saves a result of the task, such as a report, a table or a piece of code, as an artifact that the caller receives. ' +
  'Each call makes a new artifact.';

/** RFC 9110: type and subtype, and whatever parameters follow. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?$/;

const BASE64 = /^[A-Za-z0-9+/\r\n]+={0,2}\s*$/;

/** Bounds are refinements, which stay out of the JSON Schema: some model APIs refuse patterns. */
export const saveArtifactArguments = z.preprocess(
  withoutNulls,
  z.object({
    name: z
      .string('must be a string')
      .refine((name) => name !== '', 'must not be empty')
      .describe('Name of the artifact.'),
    content: z
      .string('must be a string')
      .describe(
        'The content: text, JSON as text, or the base64 of an image or another binary file.',
      ),
    content_type: z
      .string('must be a string')
      .refine((type) => MEDIA_TYPE.test(type), 'must be a media type, such as text/markdown')
      .optional()
      .describe('Media type of the content, such as text/markdown or application/json.'),
    description: z.string('must be a string').optional().describe('What the artifact holds.'),
  }),
);

/**
 * Resolves with what the model is told: the artifact's id.
 * @throws SkillError that says what is wrong with the arguments.
 */
export async function saveArtifact(
  ctx: Pick<SkillContext, 'saveArtifact'>,
  args: unknown,
): Promise<string> {
  const {
    name,
    content,
    content_type: mediaType,
    description,
  } = readArguments(saveArtifactArguments, args);
  const parts = [partOf(content, mediaType)];
  const about = description === undefined ? {} : { description };
  const artifactId = await ctx.saveArtifact({ name, ...about, parts });
  return `Saved "${name}" as artifact ${artifactId}.`;
}

function partOf(content: string, mediaType: string | undefined): ContentPart {
  if (mediaType === undefined) return { text: content };
  const essence = mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (/^application\/json$|\+json$/.test(essence)) return jsonPart(content, mediaType);
  if (!/^(?:image|audio|video)\/|^application\/(?:pdf|zip|octet-stream)$/.test(essence)) {
    return { text: content, mediaType };
  }
  if (isText(essence)) return { text: content, mediaType };
  if (!BASE64.test(content))
    throw refusal(`content: must be base64, because ${essence} is no text`);
  return { raw: content.replaceAll(/\s/g, ''), mediaType };
}

/** JSON that does not parse is still what the model wanted to hand over. */
function jsonPart(content: string, mediaType: string): ContentPart {
  try {
    return { data: JSON.parse(content) as Json, mediaType };
  } catch {
    return { text: content, mediaType };
  }
}
