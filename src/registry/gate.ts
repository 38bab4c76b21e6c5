/** Open while the registry can be read: expiry watch and audit wait before it, because nothing may be judged meanwhile. */
export class Gate {
  #isOpen = false;
  #round = 0;
  #waiting = new Set<() => void>();

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** How often it was opened: what was begun in an earlier round says nothing about this one, whether it failed or not. */
  get round(): number {
    return this.#round;
  }

  open(): void {
    if (!this.#isOpen) this.#round += 1;
    this.#isOpen = true;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Resolves with the round when it is open; rejects with the signal's reason. */
  async passed(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    while (!this.#isOpen) await this.#opened(signal);
    return this.#round;
  }

  #opened(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(done);
        reject(signal.reason as Error);
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
