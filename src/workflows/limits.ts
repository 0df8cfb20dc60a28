// What travels inline, in bytes of JSON: the one table of gateway, workflow and worker (D9).
// The content of `text`, `raw` and `data` parts can move to the part store; everything else cannot.

/** Temporal takes no larger payload; a result that is larger would be retried for ever. */
export const PAYLOAD_MAX_BYTES = 2_097_152;

/**
 * What one task holds. Its result, the input of a next run and an activity's input are made of
 * these and of nothing else, so their sum has to stay below `PAYLOAD_MAX_BYTES`.
 */
export const TASK_BYTES = {
  /** What callers said, and the ids of their messages once more. What does not fit is refused. */
  userMessages: 524_288,
  /** What the agent said before its present status. The oldest goes first. */
  agentHistory: 262_144,
  /** The message of the present status: `AGENT_MESSAGE_BYTES`. */
  status: 131_072,
  /** What is left of artifacts when their big parts are stored. A skill that says more fails. */
  artifacts: 1_048_576,
  /** What of a skill's journal has not moved to the part store: `JOURNAL_PACK_BYTES`, and one more entry. */
  journal: 57_344,
  /** Ids, times, bounds, what came with a cancel, accepted output modes, and the newest update ids. */
  frame: 65_536,
} as const;

/** A task that is larger, whatever let it become so, loses content until it is not (`fit-task.ts`). */
export const TASK_MAX_BYTES = PAYLOAD_MAX_BYTES - TASK_BYTES.frame - TASK_BYTES.journal;

/** A part above this travels by reference: a signal should stay small beside its fixed cost. */
export const INLINE_PART_BYTES = 65_536;

/** One signal, or one message of a caller: Temporal warns of payloads from here on. */
export const SIGNAL_BYTES = 262_144;

/** What the parts of one message of a caller keep inline; the largest move out first. */
export const USER_PARTS_BYTES = 262_144;

/** One message of a caller as it is recorded: its inline parts, and 44 KiB for the rest. */
export const USER_MESSAGE_BYTES = 307_200;

/** What a caller says with a cancel. */
export const CANCEL_METADATA_BYTES = 8_192;

/** Beyond it a journal moves to the part store, and leaves a reference. */
export const JOURNAL_PACK_BYTES = 24_576;

/** A result of a step beyond it goes to the part store: a journal holds many. */
export const JOURNAL_RESULT_BYTES = 2_048;

/** What a caller says to a retry: it is kept in the metadata of the first message, where nothing is stored. */
export const RETRY_NOTE_BYTES = 8_192;

/** The media types that a caller would like. */
export const OUTPUT_MODES_BYTES = 8_192;

/** What the parts of one message of the agent keep inline. */
export const AGENT_PARTS_BYTES = 65_536;

/** What cannot be stored in one message of the agent: metadata, urls, names, references. */
export const AGENT_UNSTORED_BYTES = 57_344;

/** One message of the agent as it is recorded: the two above, and 8 KiB for its ids. */
export const AGENT_MESSAGE_BYTES = TASK_BYTES.status;

/** Metadata of one message, part or artifact of the agent. */
export const METADATA_BYTES = 32_768;

/**
 * Artifacts of one turn. The fold looks through them for every chunk: with 19,000 a workflow task
 * took longer than the 5 s that it has.
 */
export const ARTIFACTS_MAX = 2_000;
