// What a skill says, checked and in the form that is recorded. Skills may be written without types.

import { z } from 'zod';
import type { ContentPart } from '../workflows/task';
import type { Spoken } from './emitter';
import { SkillError, type Say, type SkillArtifact, type SkillMessage } from './skill';

const CONTENTS = ['text', 'raw', 'url', 'data'] as const;

const metadata = z.record(z.string(), z.unknown()).optional();

const part = z
  .looseObject({
    text: z.string().optional(),
    raw: z.string('must be a string in base64').optional(),
    url: z.string().optional(),
    filename: z.string().optional(),
    mediaType: z.string().optional(),
    metadata,
  })
  .refine((p) => CONTENTS.filter((content) => p[content] !== undefined).length === 1, {
    error: 'must hold exactly one of text, raw, url, data',
  });

const parts = z.array(part).min(1, 'needs at least one part');

const message = z.looseObject({ parts, metadata });

const artifact = z.looseObject({
  artifactId: z.string().min(1).optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  parts,
  metadata,
});

/** @throws SkillError that names what is wrong with it. */
export function toSkillMessage(say: Say): SkillMessage {
  if (typeof say === 'string') return { parts: [{ text: say }] };
  assertShape('a message is a string or { parts }', message, say);
  return say;
}

/** @throws SkillError */
export function toArtifactEmission(said: SkillArtifact, artifactId: string): Spoken {
  assertShape('an artifact is { name, parts }', artifact, said);
  const at = Date.now();
  return { kind: 'artifact', at, ...said, artifactId, append: false, last: true };
}

/** @throws SkillError */
export function checkPart(said: ContentPart): ContentPart {
  assertShape('a chunk is a string or a part', part, said);
  return said;
}

function assertShape(claim: string, schema: z.ZodType, said: unknown): void {
  const checked = schema.safeParse(said);
  if (checked.success) return;
  const text = `${claim}:\n${z.prettifyError(checked.error)}`;
  // It would be the same at the next attempt.
  throw new SkillError(text, { retryable: false });
}
