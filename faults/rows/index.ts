// All rows, in order, and those that are not driven yet.

import type { FaultRow, LeftOut } from '../row';
import { workerKilled } from './01-worker-killed';
import { webhookReceiver } from './21-webhook-receiver';
import { privateWebhooks } from './22-private-webhooks';
import { fuzzedBodies } from './23-fuzzed-bodies';
import { smuggledRequestsRow } from './24-smuggled-requests';

export const ROWS: readonly FaultRow[] = [
  workerKilled,
  webhookReceiver,
  privateWebhooks,
  fuzzedBodies,
  smuggledRequestsRow,
];

export const LEFT_OUT: readonly LeftOut[] = [
  {
    row: 25,
    fault: 'every operation by another user, another tenant, with a wrong token or none',
    reason: 'callers are anonymous until the service knows them',
  },
];
