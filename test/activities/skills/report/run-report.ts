// Runs the report skill on a message and hands out what a client would hold.

import type { ContentPart, Json, SkillResult } from '../../../../src/activities/skill';
import { report } from '../../../../src/activities/skills/report';
import { fakeContext, type Recorded } from '../../fake-context';

export interface Reported {
  readonly result: SkillResult;
  readonly recorded: Recorded;
  /** The data part of analysis.json. */
  readonly analysis: Json;
  /** The data part of charts.json. */
  readonly charts: Json;
  /** Drawings by file name. */
  readonly drawings: ReadonlyMap<string, string>;
  /** report.md in one piece. */
  readonly words: string;
}

export function csvFile(content: string | Buffer): ContentPart {
  const raw = Buffer.from(content).toString('base64');
  return { raw, mediaType: 'text/csv', filename: 'table.csv' };
}

export async function runReport(...parts: readonly ContentPart[]): Promise<Reported> {
  const { ctx, recorded } = fakeContext({ parts });
  const result = await report.run(ctx);
  const partsOf = (name: string): readonly ContentPart[] =>
    [...recorded.artifacts.values()].find((artifact) => artifact.name === name)?.parts ?? [];
  const dataOf = (name: string): Json =>
    partsOf(name).flatMap((part) => ('data' in part ? [part.data] : []))[0] ?? null;
  const drawings = partsOf('charts.json').flatMap((part): [string, string][] =>
    'raw' in part ? [[part.filename ?? '', Buffer.from(part.raw, 'base64').toString()]] : [],
  );
  const words = partsOf('report.md').flatMap((part) => ('text' in part ? [part.text] : []));
  return {
    result,
    recorded,
    analysis: dataOf('analysis.json'),
    charts: dataOf('charts.json'),
    drawings: new Map(drawings),
    words: words.join(''),
  };
}

/** The text with which the skill fails; throws when it does not. */
export async function failureOf(...parts: readonly ContentPart[]): Promise<string> {
  const { result } = await runReport(...parts);
  if (!('state' in result) || result.state !== 'failed' || typeof result.message !== 'string') {
    throw new Error(`the skill should fail, but: ${JSON.stringify(result)}`);
  }
  return result.message;
}
