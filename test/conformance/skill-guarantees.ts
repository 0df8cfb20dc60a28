// What Longhaul guarantees to authors of skills, and to who calls with its client, and the test that fails without it.

import type { Guarantee } from './guarantee';

const OF_STEPS: readonly Guarantee[] = [
  {
    says: 'A step that is recorded is not run again, and what it says is told once, wherever the worker dies',
    file: 'test/activities/journal/speech.test.ts',
    title: 'twenty steps with something said before, in and after each',
  },
  {
    says: 'So it is for skills of any form',
    file: 'test/activities/journal/journal.property.test.ts',
    title: 'tells each thing once and ends as if it had never died',
  },
  {
    says: 'And for processes that are killed',
    file: 'test/e2e/journal/kill-at-every-event.test.ts',
    title: 'killed after each of its events in turn, each time another takes over',
  },
  {
    says: 'A worker that was taken for dead and goes on is heard by nobody',
    file: 'test/e2e/journal/zombie.test.ts',
    title: 'a worker that stands still for longer than its heartbeat, and then goes on',
  },
  {
    says: 'The key of a step is the same in every try and run of it',
    file: 'test/activities/journal/keys.test.ts',
    title: 'is the same in every try of a step, and in every run of the skill',
  },
  {
    says: 'A step that is tried again tells nothing again',
    file: 'test/activities/journal/speech-of-tries.test.ts',
    title: 'is not told again when the next says it too, wherever its chunks are cut',
  },
  {
    says: 'What its new try says otherwise takes the place of what the failed one said',
    file: 'test/activities/journal/speech-of-tries.test.ts',
    title: 'is withdrawn where the next says something else',
  },
  {
    says: 'A journal that does not fit a changed skill ends the task and names the step',
    file: 'test/activities/journal/changed-skills.test.ts',
    title: '$name ends the task',
  },
  {
    says: 'A sleep needs no worker',
    file: 'test/e2e/journal/sleeps.test.ts',
    title: 'no worker is there during the sleep, and none is missed',
  },
  {
    says: 'It outlives the server of Temporal',
    file: 'test/e2e/journal/sleeps.test.ts',
    title: 'it outlives the Temporal server',
  },
  {
    says: '`testSkill` lets the worker die at every record, as it may elsewhere',
    file: 'test/testing/test-skill.test.ts',
    title: 'at every record in turn',
  },
];

const OF_QUESTIONS: readonly Guarantee[] = [
  {
    says: 'A question waits without a worker, and its answer finds any',
    file: 'test/e2e/journal/questions.test.ts',
    title: 'killed while it waits: the answer finds another worker, and no step runs again',
  },
  {
    says: 'An answer that does not fit the schema is asked for again',
    file: 'test/e2e/threads.test.ts',
    title: 'an answer that does not fit is asked for again, and a sign-in has its address',
  },
  {
    says: 'An address of out-of-band credentials continues its own question, at any gateway',
    file: 'test/e2e/continuations.test.ts',
    title: 'continues the task, at any gateway, and each question has its own address',
  },
  {
    says: 'A visit counts once',
    file: 'test/e2e/continuations.test.ts',
    title: 'counts once, however often and wherever it is repeated',
  },
];

const OF_ARTIFACTS: readonly Guarantee[] = [
  {
    says: 'What is appended keeps its order, awaited or not',
    file: 'test/activities/artifacts/artifact-stream.test.ts',
    title: 'what follows a file waits for it, awaited or not',
  },
  {
    says: 'A character that two chunks share stays whole',
    file: 'test/activities/artifacts/artifact-stream.test.ts',
    title: 'text comes through whole, wherever its bytes were cut',
  },
  {
    says: 'A partial artifact gives its id to that of the result',
    file: 'test/activities/artifacts/run-artifacts.test.ts',
    title: 'has the id of the artifact of the result with its name, which is not marked',
  },
  {
    says: 'A file of any kind comes back byte for byte',
    file: 'test/e2e/artifacts/files.test.ts',
    title: 'is served there, byte for byte',
  },
  {
    says: 'A stream that goes on for long tells each event once',
    file: 'test/temporal/long-stream.test.ts',
    title: 'it tells each event once, and ends with all that was said',
  },
  {
    says: 'It is resumed from any place',
    file: 'test/temporal/long-stream.test.ts',
    title: 'whoever resumes gets what is missing, from before the log and from within it',
  },
  {
    says: 'A part of 384 MiB takes little memory',
    file: 'test/e2e/big-parts-memory.test.ts',
    title: 'MiB through a directory and a gateway',
  },
  {
    says: 'So it is in S3',
    file: 'test/s3/service.test.ts',
    title: 'MiB through S3 and a gateway take little memory',
  },
  {
    says: 'S3 that is down holds a skill up and fails nothing',
    file: 'test/s3/service.test.ts',
    title: 'holds a skill up and fails nothing; who asks for a part is told to try again',
  },
  {
    says: 'A completion of an upload whose answer is lost is done',
    file: 'test/s3/store.test.ts',
    title: 'is done where the object is there, although the second one finds no upload',
  },
  {
    says: 'Ranges of a part are served',
    file: 'test/e2e/big-parts-serving.test.ts',
    title: '%s is 416 with the size',
  },
  {
    says: 'Parts go when Temporal has dropped their task, and no sooner',
    file: 'test/e2e/sweep.test.ts',
    title: 'keeps closed and open tasks, removes deleted ones, also where bytes are the same',
  },
  {
    says: 'A cursor into events that Temporal has dropped begins with the first that it has',
    file: 'test/e2e/sweep.test.ts',
    title: 'keeps the parts of an open task whose earlier runs are gone',
  },
];

const OF_MODELS: readonly Guarantee[] = [
  {
    says: 'A model that ends the task by a tool has ended it',
    file: 'test/activities/tools/endings.test.ts',
    title: 'the first one counts',
  },
  {
    says: 'A call of a tool that is wrong is told to the model',
    file: 'test/activities/tools/ai-sdk.test.ts',
    title: 'a call that is refused is a result that the model reads, and it can mend it',
  },
  {
    says: 'The assistant asks for no turn again that was finished',
    file: 'test/e2e/assistant-kill.test.ts',
    title: 'a worker killed between two turns: the finished ones are not asked for again',
  },
  {
    says: 'Each word of it reaches the client once',
    file: 'test/e2e/assistant-kill.test.ts',
    title: 'the turn before it is not asked for again, and each word reaches the client once',
  },
  {
    says: 'Its API key is in no log and no message',
    file: 'test/e2e/assistant-faults.test.ts',
    title: 'but never with the API key, which is in no log either',
  },
];

const OF_LIMITS: readonly Guarantee[] = [
  {
    says: 'A skill in a thread says what it says on the main thread',
    file: 'test/e2e/threads.test.ts',
    title: 'a skill says the same as on the main thread',
  },
  {
    says: 'A thread that computes for ever holds up no other, and can be canceled',
    file: 'test/e2e/threads.test.ts',
    title: 'for ever holds up no other, and is canceled after its grace',
  },
  {
    says: 'A crash of a thread ends its own run and no other',
    file: 'test/e2e/threads.test.ts',
    title: 'of %s ends its run, which is tried again, and no other',
  },
  {
    says: 'Places of a skill are its own',
    file: 'test/e2e/threads.test.ts',
    title: 'holds up no other skill, and a run that waits is canceled at once',
  },
  {
    says: 'Callers take turns',
    file: 'test/worker/turns.test.ts',
    title: 'another caller takes turns with the first',
  },
];

const OF_THE_CLIENT: readonly Guarantee[] = [
  {
    says: 'A stream comes in order to its end, whatever is cut',
    file: 'test/e2e/client/kills.test.ts',
    title: 'comes in order to its end, and folds to what GetTask gives',
  },
  {
    says: 'It goes over to another gateway when its own is killed',
    file: 'test/e2e/client/kills.test.ts',
    title: 'goes over to the other one when its own is killed',
  },
  {
    says: 'One task is opened when the gateway dies before it answers',
    file: 'test/e2e/client/kills.test.ts',
    title: 'opens one task when the gateway dies before it answers',
  },
  {
    says: 'A message is not sent twice to who knows no keys',
    file: 'test/e2e/client/any-agent.test.ts',
    title: 'is not sent a message twice',
  },
  {
    says: 'A gap in the numbers is asked for again',
    file: 'test/e2e/client/resuming.test.ts',
    title: 'is asked again from before a gap',
  },
];

export const SKILL_GUARANTEES: readonly Guarantee[] = [
  ...OF_STEPS,
  ...OF_QUESTIONS,
  ...OF_ARTIFACTS,
  ...OF_MODELS,
  ...OF_LIMITS,
  ...OF_THE_CLIENT,
];
