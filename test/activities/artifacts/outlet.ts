// A run without Temporal: it keeps what is said, and can hold the skill up.

import type { Outlet } from '../../../src/activities/artifact-stream';
import type { Said } from '../../../src/activities/spoken';

type SaidArtifact = Extract<Said, { kind: 'artifact' }>;

export interface KeptOutlet extends Outlet {
  readonly said: readonly SaidArtifact[];
  /** Ends the run. */
  abort(): void;
  /** What is said from now on waits until it is let through. */
  hold(): void;
  letThrough(): void;
}

export function keptOutlet(): KeptOutlet {
  const said: SaidArtifact[] = [];
  const run = new AbortController();
  let gate: Promise<void> | undefined;
  let open = (): void => undefined;
  return {
    said,
    caller: () => ({ step: undefined, isLeftOver: false }),
    signal: run.signal,
    abort: () => run.abort(new Error('the run was stopped')),
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    letThrough() {
      gate = undefined;
      open();
    },
    async say(spoken) {
      if (spoken.kind === 'artifact') said.push(spoken);
      await gate;
    },
  };
}

/** The text of all chunks in one piece; a part without one stands as JSON. */
export function textSaid({ said }: KeptOutlet): string {
  return said
    .flatMap(({ parts }) => parts)
    .map((part) => ('text' in part ? part.text : JSON.stringify(part)))
    .join('');
}
