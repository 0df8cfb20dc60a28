// Fields that requests of both generations share, as zod schemas.

import { z } from 'zod';

/** Extensions, output modes, referenced tasks: more than any client names. */
const NAMES_MAX = 256;
/** Temporal on a SQL database keeps a keyword search attribute in VARCHAR(255). */
const ID_MAX = 255;
/** No control characters and no halves of surrogate pairs: ids go into addresses and filters. */
const ID_CHARACTERS = /^[^\p{Cc}\p{Cs}]*$/u;

export const PAGE_SIZE_MAX = 100;

export const idText = z
  .string()
  .max(ID_MAX)
  .regex(ID_CHARACTERS, 'must be well-formed text without control characters');
export const id = idText.min(1, 'must not be empty');
export const object = z.record(z.string(), z.unknown());
/** The length is looked at first: a complaint about each of a million items would take the memory. */
export const list = <T extends z.ZodType>(item: T, max: number) =>
  z
    .custom<unknown[]>(Array.isArray, 'must be a list')
    .refine((items) => items.length <= max, `must have at most ${String(max)} items`)
    .pipe(z.array(item));
export const strings = list(z.string(), NAMES_MAX).nullish();
export const pageSize = z.int().min(1).max(PAGE_SIZE_MAX);
