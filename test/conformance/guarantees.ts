// What Longhaul guarantees to clients where the specification is silent or an SDK errs, and the test that fails without it.

import type { Guarantee } from './guarantee';
import { SKILL_GUARANTEES } from './skill-guarantees';

const FRAMES = 'test/e2e/tutorial-frames.test.ts';
const HABITS = 'test/e2e/edges/client-habits.test.ts';
const REQUESTS = 'test/e2e/bad-input/requests.test.ts';
const MESSAGES = 'test/e2e/bad-input/messages.test.ts';
const RESUME = 'test/e2e/resume.test.ts';
const CLIENT_03 = 'test/e2e/js-client-0.3.test.ts';
const SSE = 'test/api/sse.test.ts';
const OPERATIONS = 'test/conformance/operations.ts';

const OF_STREAMS: readonly Guarantee[] = [
  {
    says: 'On 0.3 JSON-RPC an event is one write that begins with `data: `, so that who reads chunks reads events',
    file: FRAMES,
    title: 'an event is one chunk: one data line and the blank line after it',
  },
  {
    says: 'Its id is a write of its own before it',
    file: FRAMES,
    title: 'the id of an event is the chunk before it',
  },
  {
    says: 'Nothing is compressed, whatever the client accepts',
    file: FRAMES,
    title: 'nothing is compressed, though the client would take it',
  },
  {
    says: 'What is absent is left out, never null',
    file: FRAMES,
    title: 'what is absent is left out, never null',
  },
  {
    says: 'No four seconds of a stream pass without a byte',
    file: FRAMES,
    title: 'leaves no four seconds without a byte',
  },
  {
    says: 'A keep-alive is a comment with one newline, which no parser takes for an event',
    file: FRAMES,
    title: 'is kept alive by comments with one newline',
  },
  {
    says: 'An artifact is opened once, then added to, and closed with one text part, be it empty',
    file: HABITS,
    title: 'open it, add to it, and close it with one text part: $generation',
  },
  {
    says: 'No event is over 4 MiB, what does not fit is given by its address',
    file: 'test/e2e/big-parts.test.ts',
    title: 'fits into the frames of its stream',
  },
  {
    says: 'Every event has a number, 1 to N',
    file: RESUME,
    title: 'numbers its events 1 to N',
  },
  {
    says: 'No byte of an event depends on who reads it',
    file: HABITS,
    title: 'changes no byte of an event',
  },
  {
    says: 'On 0.3 a question is a final event too',
    file: CLIENT_03,
    title: 'a stream ends at a question, with final true',
  },
  {
    says: 'A client that leaves is noticed, and its feed ends',
    file: 'test/e2e/watching.test.ts',
    title: 'a client that leaves in the middle of its own stream is noticed, and cancels nothing',
  },
  {
    says: 'A client that reads slowly is waited for, and nothing piles up',
    file: SSE,
    title: 'is waited for until it has taken what was written',
  },
  {
    says: 'A client that reads nothing for half a minute is cut off',
    file: SSE,
    title: 'is cut off when it takes nothing for half a minute',
  },
  {
    says: 'A long replay lets other requests have their turn',
    file: SSE,
    title: 'lets others have their turn after each bulk write',
  },
  {
    says: 'What is at hand together leaves in few writes',
    file: SSE,
    title: 'leaves in few writes',
  },
];

const OF_REQUESTS: readonly Guarantee[] = [
  {
    says: 'A messageId may be used again: each message to no task is a new task',
    file: HABITS,
    title: 'is a new task each time',
  },
  {
    says: 'It may be used again for the answers to questions',
    file: HABITS,
    title: 'answers one question after the other',
  },
  {
    says: 'JSON-RPC is answered at the base address with and without a slash',
    file: HABITS,
    title: 'JSON-RPC is answered at the base address followed by "%s"',
  },
  {
    says: 'REST takes a cancel of JSON by its type and without a body',
    file: HABITS,
    title: '$prefix :cancel takes an empty body',
  },
  {
    says: 'REST takes a subscription of that kind',
    file: HABITS,
    title: '$prefix :subscribe takes an empty body',
  },
  {
    says: 'REST answers in application/json',
    file: HABITS,
    title: 'is application/json for a client that says nothing else',
  },
  {
    says: 'REST answers in application/a2a+json to who uses or accepts it',
    file: HABITS,
    title: 'is application/a2a+json for a client that uses or accepts it',
  },
  {
    says: 'A request of another content type is refused before it is parsed',
    file: MESSAGES,
    title: 'as %s is refused before it is parsed',
  },
  {
    says: 'The version may be a query parameter',
    file: REQUESTS,
    title: '"$version" speaks $method',
  },
  {
    says: 'On 0.3 JSON-RPC a configuration that does not say blocking blocks',
    file: HABITS,
    title: 'that does not say blocking blocks',
  },
  {
    says: 'On 0.3 REST it does not, because a protobuf says false by leaving it out',
    file: 'test/e2e/rest-0.3.test.ts',
    title: 'it does not when blocking is false, which a protobuf says by leaving it out',
  },
  {
    says: 'What a caller says with a cancel is kept, on REST too',
    file: 'test/e2e/cancel-metadata.test.ts',
    title: 'over %s it is in the task, its last event and the list',
  },
  {
    says: 'On 0.3 REST a push config may come in a field of its own',
    file: OPERATIONS,
    title: 'gives the config that was made, also on a finished task',
  },
  {
    says: 'A push config that is deleted is answered with an empty object',
    file: OPERATIONS,
    title: 'removes the config, and is no error when it is repeated',
  },
];

const OF_REFUSALS: readonly Guarantee[] = [
  {
    says: 'Wrong types are refused, never made into right ones',
    file: MESSAGES,
    title: 'with $wrong is refused as invalid',
  },
  {
    says: 'A body of up to 10 MiB is taken, a longer one is refused in the form of the binding',
    file: MESSAGES,
    title: 'longer than 10 MiB is refused by default',
  },
  {
    says: 'An unexpected error tells the caller nothing',
    file: 'test/api/error-table.test.ts',
    title: 'an unexpected error from $from is an internal error, and no more',
  },
  {
    says: 'What fails in the middle of a stream is told in it, and printed by no library',
    file: 'test/e2e/edges/late-faults.test.ts',
    title: 'tells of a part that is gone, after what came before it',
  },
  {
    says: 'A client that leaves is no error in the log',
    file: 'test/e2e/edges/departures.test.ts',
    title: 'a client that leaves $binding is no error in the log',
  },
  {
    says: 'A batch or a wrong envelope is an invalid request, not invalid parameters',
    file: REQUESTS,
    title: '$kind is refused as $reason, with id null',
  },
  {
    says: 'The id 0 is an id, in streams too',
    file: REQUESTS,
    title: 'the id 0 comes back in every frame of a stream',
  },
  {
    says: 'A notification has no answer',
    file: REQUESTS,
    title: 'a notification that $outcome has no answer',
  },
  {
    says: 'A refused stream of JSON-RPC is a stream of one frame',
    file: MESSAGES,
    title: '($why) is one frame',
  },
  {
    says: 'The card keeps its security schemes',
    file: 'test/e2e/card/operator.test.ts',
    title: 'puts every security scheme on the 1.0 card, and strict readers accept it',
  },
];

export const GUARANTEES: readonly Guarantee[] = [
  ...OF_STREAMS,
  ...OF_REQUESTS,
  ...OF_REFUSALS,
  ...SKILL_GUARANTEES,
];
