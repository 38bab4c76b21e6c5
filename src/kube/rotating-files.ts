import { readFile } from 'node:fs/promises';
import type { Clock } from '../lib/clock.ts';

/** How old what was read may be. client-go takes a minute; the kubelet renews a token when a fifth of its life is left. */
const FRESH_MS = 10_000;

/**
 * Files whose content is replaced while we run (ServiceAccount token, CA, client certificate): read again when what was
 * read is older than ten seconds, or at once after {@link RotatingFiles.expire}. The value made of them is made anew only when a file changed.
 */
export class RotatingFiles<T> {
  readonly #paths: readonly string[];
  readonly #make: (contents: readonly string[]) => T;
  readonly #clock: Clock;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #contents: readonly string[] = [];
  #value: { readonly made: T } | undefined;
  #reading: Promise<T> | undefined;

  constructor(paths: readonly string[], make: (contents: readonly string[]) => T, clock: Clock) {
    this.#paths = paths;
    this.#make = make;
    this.#clock = clock;
  }

  /** The value made of the files' present content. Rejects as `readFile` does while there is none at all. */
  current(): T | Promise<T> {
    if (this.#value !== undefined && this.#clock.now() - this.#readAtMs < FRESH_MS) return this.#value.made;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  expire(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  async #read(): Promise<T> {
    const contents = await Promise.all(this.#paths.map((path) => readFile(path, 'utf8'))).catch(
      (error: unknown) => {
        // A volume that is being swapped: what was good ten seconds ago most likely still is, and a 401 would tell.
        if (this.#value === undefined) throw error;
        return this.#contents;
      },
    );
    this.#readAtMs = this.#clock.now();
    const same = contents.every((content, index) => content === this.#contents[index]);
    if (this.#value === undefined || !same) this.#value = { made: this.#make(contents) };
    this.#contents = contents;
    return this.#value.made;
  }
}
