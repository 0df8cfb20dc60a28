// All rows, in order, and those that are not driven yet.

import type { FaultRow, LeftOut } from '../row';
import { workerKilled } from './01-worker-killed';
import { stalledReaders } from './09-stalled-readers';
import { manyReaders } from './10-many-readers';
import { slowHeaders } from './11-slow-headers';
import { longStreams } from './16-long-streams';
import { bigThings } from './17-big-things';
import { smallCache } from './26-small-cache';

export const ROWS: readonly FaultRow[] = [
  workerKilled,
  stalledReaders,
  manyReaders,
  slowHeaders,
  longStreams,
  bigThings,
  smallCache,
];

export const LEFT_OUT: readonly LeftOut[] = [
  {
    row: 11,
    fault: '200 streams by one principal',
    reason: 'callers are anonymous until the service knows them',
  },
  {
    row: 25,
    fault: 'every operation by another user, another tenant, with a wrong token or none',
    reason: 'callers are anonymous until the service knows them',
  },
];
