// What an operator may say of his agent, in a JSON file: checked when it is read (A2A §4.4.1).

import { AgentCard } from '@a2a-js/sdk';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { securityRequirements, securitySchemes } from './security-fields';

/** Text that has a canonical form: RFC 8785 knows no halves of surrogate pairs. */
const text = z.string().regex(/^[^\p{Cs}]+$/u, 'must be well-formed text that is not empty');
const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const mediaTypes = z
  .array(z.string().regex(/^[^\s/]+\/[^\s/]+$/, 'must be a media type such as text/plain'))
  .min(1, 'must not be empty');

/** Says why a field of the card is no field of the file. */
const ours = (why: string) => z.undefined({ error: `cannot be set here: ${why}` }).optional();

const schema = z.strictObject({
  name: text,
  description: text,
  version: text,
  provider: z.strictObject({ organization: text, url: webUrl }),
  documentationUrl: webUrl,
  iconUrl: webUrl,
  securitySchemes,
  securityRequirements,
  defaultInputModes: mediaTypes,
  defaultOutputModes: mediaTypes,
  supportedInterfaces: ours('the addresses follow from PUBLIC_URL'),
  capabilities: ours('the gateway knows what it can do'),
  skills: ours('the skills are those of SKILLS'),
  signatures: ours('the card is signed with CARD_SIGNING_KEY'),
});

const fileSchema = schema.partial();

/** Fields of a card; each replaces ours as a whole. */
export type CardFields = Partial<
  Omit<AgentCard, 'supportedInterfaces' | 'capabilities' | 'skills' | 'signatures'>
>;

/** What is wrong with the file, or with reading it. */
export class CardFileError extends Error {}

/**
 * @param setting the name of the setting that names the file; every error begins with it.
 * @throws CardFileError that names the file and each field that is wrong.
 */
export async function readCardFields(path: string, setting: string): Promise<CardFields> {
  try {
    return parseCardFields(await readFile(path, 'utf8'));
  } catch (err) {
    throw new CardFileError(`${setting}: ${path}: ${reasonOf(err)}`, { cause: err });
  }
}

/** @throws Error that names each field that is wrong; SyntaxError when it is no JSON. */
export function parseCardFields(json: string): CardFields {
  const checked = fileSchema.safeParse(JSON.parse(json));
  if (!checked.success) throw new Error(`\n${z.prettifyError(checked.error)}`);
  const fields = checked.data;
  const wire = AgentCard.fromJSON(fields);
  const given = Object.keys(fields) as (keyof CardFields)[];
  return Object.fromEntries(given.map((name) => [name, wire[name]]));
}

function reasonOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
