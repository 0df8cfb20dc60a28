// All rows, in order, and those that are not driven yet.

import type { FaultRow, LeftOut } from '../row';
import { workerKilled } from './01-worker-killed';
import { attemptsUnlike } from './02-attempts-unlike';
import { gatewayKilled } from './03-gateway-killed';
import { temporalKilled } from './04-temporal-killed';
import { workerCutOff } from './05-worker-cut-off';
import { gatewayCutOff } from './06-gateway-cut-off';
import { allPaused } from './07-all-paused';
import { randomKills } from './08-random-kills';
import { stalledReaders } from './09-stalled-readers';
import { manyReaders } from './10-many-readers';
import { slowHeaders } from './11-slow-headers';
import { oneKey } from './12-one-key';
import { noAnswer } from './13-no-answer';
import { unconvertible } from './14-unconvertible';
import { skillFails } from './15-skill-fails';
import { longStreams } from './16-long-streams';
import { bigThings } from './17-big-things';
import { messageFlood } from './18-message-flood';
import { newBuild } from './19-new-build';
import { cancel } from './20-cancel';
import { webhookReceiver } from './21-webhook-receiver';
import { privateWebhooks } from './22-private-webhooks';
import { fuzzedBodies } from './23-fuzzed-bodies';
import { smuggledRequestsRow } from './24-smuggled-requests';
import { smallCache } from './26-small-cache';

export const ROWS: readonly FaultRow[] = [
  workerKilled,
  attemptsUnlike,
  gatewayKilled,
  temporalKilled,
  workerCutOff,
  gatewayCutOff,
  allPaused,
  randomKills,
  stalledReaders,
  manyReaders,
  slowHeaders,
  oneKey,
  noAnswer,
  unconvertible,
  skillFails,
  longStreams,
  bigThings,
  messageFlood,
  newBuild,
  cancel,
  webhookReceiver,
  privateWebhooks,
  fuzzedBodies,
  smuggledRequestsRow,
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
