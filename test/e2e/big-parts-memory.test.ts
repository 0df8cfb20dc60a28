// A part of any size takes little memory on its way in and out.

import { join } from 'node:path';
import { createDirectoryPartStores } from '../../src/storage/part-store';
import { GROWTH_MIB, PART_MIB, passThrough } from '../harness/part-memory';
import { useStack } from '../harness/stack';

const stack = useStack({ hasWorker: false });

test(`${String(PART_MIB)} MiB through a directory and a gateway`, async () => {
  const stores = createDirectoryPartStores(join(stack.temporal.dataDir, 'parts'));
  const passage = await passThrough(stores, stack.temporal, stack.gateways[0]!);
  expect(passage.isWhole).toBe(true);
  expect(passage.storingMib).toBeLessThan(GROWTH_MIB);
  expect(passage.servingMib).toBeLessThan(GROWTH_MIB);
}, 300_000);
