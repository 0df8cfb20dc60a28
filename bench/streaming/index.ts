// (e) How fast a skill's text reaches its client, beside the server of the official SDK.

import type { Bench } from '../bench';
import type { Section } from '../figures';
import { measureAtOnce } from './at-once';
import { openContenders } from './contenders';
import { measureGrowth } from './growth';
import { measurePace } from './pace';

export async function measureStreaming(bench: Bench): Promise<readonly Section[]> {
  const contenders = await openContenders(bench);
  return [
    await measureAtOnce(bench, contenders),
    await measurePace(bench, contenders),
    await measureGrowth(bench, contenders),
  ];
}
