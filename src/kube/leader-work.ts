/** The leader's work: whether it ended, and how. */
export class LeaderWork {
  /** Resolves when it ended, well or not. */
  readonly done: Promise<void>;
  ended = false;
  #error: { readonly thrown: unknown } | undefined;

  /** Starts `work` in a turn of its own; `onEnd` is called when it ended. */
  constructor(work: () => Promise<void>, onEnd: () => void) {
    this.done = Promise.resolve()
      .then(work)
      .catch((thrown: unknown) => {
        this.#error = { thrown };
      })
      .then(() => {
        this.ended = true;
        onEnd();
      });
  }

  get failed(): boolean {
    return this.#error !== undefined;
  }

  /** Throws what the work rejected with, if it did. */
  rethrow(): void {
    if (this.#error !== undefined) throw this.#error.thrown;
  }
}
