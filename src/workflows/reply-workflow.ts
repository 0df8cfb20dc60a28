// A skill's reply, from the message to the answer. No query, no update and no listing knows of it, so that
// a caller who gets a Message never sees a task (A2A §3.1.1); it is as durable as one while it runs.

import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { ReplyEnd, ReplyStart, TurnInput } from './contract';
import { FORMAT } from './emission';
import { messageOf, runTurn, type TurnRest } from './skill-turn';

export async function replyWorkflow(start: ReplyStart): Promise<ReplyEnd> {
  const { taskId, contextId, scope, skillId, limits, message, acceptedOutputModes } = start;
  const inputFor = (attemptsBefore: number): TurnInput => ({
    v: FORMAT,
    ...{ taskId, contextId, scope, skillId, limits, attemptsBefore },
    turn: 1,
    createdAt: workflowInfo().startTime.getTime(),
    history: [message],
    inlineBytes: 0,
    answered: 0,
    replies: true,
    ...(acceptedOutputModes && { acceptedOutputModes }),
  });
  try {
    return endOf(await runTurn(inputFor, limits));
  } catch (err) {
    if (isCancellation(err)) return { v: FORMAT, state: 'canceled' };
    // A workflow that throws would be retried for ever, and somebody waits for the answer.
    return failedWith(`internal error: ${messageOf(err)}`);
  }
}

function endOf(end: TurnRest): ReplyEnd {
  // One that sleeps waits where it is; it never reports it.
  if (end.kind !== 'ended') {
    return { ...failedWith('a skill that replies has no task to ask from'), isBreach: true };
  }
  const { state, message, isBreach } = end;
  return { v: FORMAT, state, ...(message && { message }), ...(isBreach && { isBreach }) };
}

function failedWith(reason: string): ReplyEnd {
  return { v: FORMAT, state: 'failed', message: { parts: [{ text: reason }] } };
}
