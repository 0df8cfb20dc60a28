// Row 24: requests that end in two ways, and headers that carry line breaks and worse.

import { messageFor, send } from '../../test/harness/calls';
import { V1, toBytes } from '../../test/harness/grpc';
import { GrpcSocket, framed } from '../fuzz/ask';
import { converse, type RawAnswer } from '../fuzz/raw-http';
import { problemOf, reasonOf } from '../fuzz/said';
import {
  CANARY,
  PIPELINED,
  carrying,
  injectedHeaders,
  smuggledRequests,
  type Injected,
  type Smuggled,
} from '../fuzz/smuggled';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  /** How often all of it is sent. */
  readonly rounds: number;
}

/** Sent at once. */
const LANES = 16;

async function run(trial: Trial<Size>): Promise<void> {
  await trial.startTemporal();
  const gateway = await trial.startGateway({ servesGrpc: true });
  await trial.startWorker();
  const { id: taskId } = await send(gateway.url, messageFor('silence'));
  const port = Number(new URL(gateway.url).port);
  const headers = injectedHeaders();
  const round = [
    PIPELINED,
    ...smuggledRequests(),
    ...headers.flatMap((injected) => carrying(injected, taskId)),
  ];
  const kinds = new Set<string>();
  let [refused, taken] = [0, 0];
  const look = (answer: RawAnswer, name: string): void => {
    const reason = checkAnswer(trial, answer, name);
    if (reason === undefined) taken += 1;
    else refused += 1;
    if (reason !== undefined) kinds.add(reason);
  };
  for (let left = trial.size.rounds; left > 0; left -= 1) {
    await inLanes(round, async (one) => {
      for (const answer of await answersTo(trial, port, one)) look(answer, one.name);
    });
  }
  trial.figure('requests refused', refused, { unit: '', atLeast: round.length / 2 });
  trial.figure('requests taken for what they are', taken, { unit: '', atLeast: round.length / 20 });
  trial.figure('kinds of refusals', kinds.size, { unit: '', atLeast: 4 });

  const grpc = new GrpcSocket(gateway.grpcAddress);
  trial.defer(async () => grpc.close());
  const sent = await overGrpc(trial, grpc, { headers, taskId });
  trial.figure('calls over gRPC', sent, { unit: '', atLeast: headers.length / 2 });

  const { status } = await send(gateway.url, messageFor('silence'));
  trial.check('I8', status.state === 'TASK_STATE_COMPLETED', `afterwards: ${status.state}`);
  const printed = gateway.output();
  trial.check('I5', !/unhandled|uncaught/i.test(printed), `printed: ${printed.slice(0, 500)}`);
}

/** One for each request, and nothing else. */
async function answersTo(
  trial: Trial<Size>,
  port: number,
  { name, bytes, answers: expected = 1 }: Smuggled,
): Promise<readonly RawAnswer[]> {
  const { answers, rest } = await converse(port, bytes);
  trial.operation(answers.length > 0);
  const told = answers.map(({ status }) => status).join(', ');
  const isOne = answers.length === expected && rest === '';
  trial.check('own', isOne, `${name}: ${answers.length} answers (${told}) ${rest.slice(0, 200)}`);
  return answers;
}

/** Why it was refused, if it was. */
function checkAnswer(
  trial: Trial<Size>,
  { status, headers, body }: RawAnswer,
  name: string,
): string | undefined {
  const echo = headers.find((header) => isEcho(header));
  trial.check('own', echo === undefined, `${name}: the answer has ${String(echo)}`);
  const contentType = headers.find(([known]) => known === 'content-type')?.[1] ?? '';
  const isStream = contentType.startsWith('text/event-stream');
  const text = isStream ? (/^data: (.*)$/m.exec(body)?.[1] ?? '') : body;
  const binding = text.includes('"jsonrpc"') ? 'JSON-RPC' : 'REST 1.0';
  const isLegacy = binding === 'REST 1.0' && text.startsWith('{"code":');
  const said = {
    ...{ status, contentType, text },
    binding: isLegacy ? ('REST 0.3' as const) : binding,
  } as const;
  const problem = problemOf(said);
  trial.check('I9', problem === undefined, `${name}: ${status}, ${problem ?? ''}`);
  return reasonOf(said);
}

function isEcho([name, value]: readonly [string, string]): boolean {
  return name === 'x-injected' || value.includes(CANARY);
}

interface Calls {
  readonly headers: readonly Injected[];
  readonly taskId: string;
}

/** What HTTP/2 itself cannot carry is not sent. Resolves with how many were. */
async function overGrpc(
  trial: Trial<Size>,
  grpc: GrpcSocket,
  { headers, taskId }: Calls,
): Promise<number> {
  let sent = 0;
  const body = framed(toBytes(V1, 'SubscribeToTask', { id: taskId }));
  for (const { name, header, value } of headers) {
    const metadata = { [header.toLowerCase()]: value };
    const said = await grpc
      .ask(`/${V1}/SubscribeToTask`, body, metadata)
      .catch((err: unknown) => String(err));
    if (typeof said === 'string') {
      const isHttp = /PROTOCOL_ERROR|ERR_INVALID_CHAR|ENHANCE_YOUR_CALM/.test(said);
      trial.check('own', isHttp, `${name} in ${header} over gRPC: ${said}`);
      continue;
    }
    sent += 1;
    trial.operation(true);
    const problem = problemOf(said);
    trial.check('I9', problem === undefined, `${name} in ${header} over gRPC: ${problem ?? ''}`);
    const echo = said.head?.find((one) => isEcho(one));
    trial.check('own', echo === undefined, `${name} in ${header} over gRPC: ${String(echo)}`);
  }
  return sent;
}

async function inLanes<T>(all: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const lane = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await each(one);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

export const smuggledRequestsRow = defineRow<Size>({
  row: 24,
  fault:
    'requests framed in two ways, absolute targets, control characters and line breaks in Last-Event-ID, A2A-Version, A2A-Extensions, Idempotency-Key',
  passes: 'one answer a request, well-formed; nothing injected in the head of an answer',
  sizes: { ci: { rounds: 1 }, full: { rounds: 10 } },
  mutation: {
    breaks: 'an answer names every extension that was asked for, known or not',
    edits: [
      {
        file: 'api/call-headers.ts',
        from: 'const active = extensions.filter((uri) => asked.includes(uri));',
        to: 'const active = asked;',
      },
    ],
    seenAs: ['own'],
  },
  run,
});
