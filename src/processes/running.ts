// What a process has opened so far, so that it can be taken down at any moment, also while it starts.

type Close = () => Promise<void>;

export class Running {
  private readonly closes: Close[] = [];
  private readonly stopping = new AbortController();
  private closing: Promise<void> | undefined;

  /** Aborts when the process is to end. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /**
   * Takes note of what was opened; closed in the reverse order of opening.
   * @throws the abort's reason when the process is to end: whoever opens stops opening.
   */
  add(close: Close): void {
    this.closes.push(close);
    this.signal.throwIfAborted();
  }

  /** From here on nothing more is opened. */
  stop(): void {
    this.stopping.abort(new Error('the process is to end'));
  }

  /** Resolves when all of it is closed; one that cannot be closed does not keep the others open. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    for (const close of this.closes.toReversed()) await close().catch(() => undefined);
  }
}
