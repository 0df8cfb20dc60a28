// The table of limits adds up: nothing that the program makes of a task is more than Temporal takes.

import {
  AGENT_MESSAGE_BYTES,
  AGENT_PARTS_BYTES,
  AGENT_UNSTORED_BYTES,
  METADATA_BYTES,
  PAYLOAD_MAX_BYTES,
  SIGNAL_BYTES,
  TASK_BYTES,
  TASK_MAX_BYTES,
  USER_MESSAGE_BYTES,
  USER_PARTS_BYTES,
} from '../../src/workflows/limits';

const KIB = 1_024;
const { userMessages, agentHistory, status, artifacts, journal, frame } = TASK_BYTES;

test('all that a task holds is less than Temporal takes', () => {
  const content = userMessages + agentHistory + status + artifacts;
  expect(content + journal + frame).toBeLessThan(PAYLOAD_MAX_BYTES);
});

test('the net is wider than all that a task holds', () => {
  expect(userMessages + agentHistory + status + artifacts).toBeLessThan(TASK_MAX_BYTES);
});

test('what an activity is given for a turn is less than Temporal takes', () => {
  expect(userMessages + agentHistory + frame).toBeLessThan(PAYLOAD_MAX_BYTES);
});

test('a task takes in its first message', () => {
  expect(USER_PARTS_BYTES).toBeLessThan(USER_MESSAGE_BYTES);
  expect(USER_MESSAGE_BYTES + frame).toBeLessThan(userMessages);
});

test('a message of the agent holds its parts, the rest of it, and its ids', () => {
  expect(AGENT_PARTS_BYTES + AGENT_UNSTORED_BYTES + 8 * KIB).toBeLessThanOrEqual(
    AGENT_MESSAGE_BYTES,
  );
});

test('the history has room for a message of the agent', () => {
  expect(AGENT_MESSAGE_BYTES).toBeLessThanOrEqual(agentHistory);
});

test('a signal has room for the heading of an artifact and one part of it', () => {
  // Name, description and ids of 10 KiB may be six times as long in JSON.
  expect(METADATA_BYTES + 60 * KIB + AGENT_UNSTORED_BYTES).toBeLessThan(SIGNAL_BYTES);
});
