/** So many conflicts in a row are more than the ordinary lag of a watch. */
const LASTING = 2;

/**
 * Counts the conflicts of each GrpcService's writes that no good write came between. One only means that somebody was faster, and the watch
 * tells what they did. Several mean that the watch itself is late: broken and waiting for its next try, or half open and not found out yet.
 * Addresses must not wait for that, so what is stored is then asked for.
 */
export class Conflicts {
  readonly #inARow = new Map<string, number>();

  met(owner: string): void {
    this.#inARow.set(owner, (this.#inARow.get(owner) ?? 0) + 1);
  }

  over(owner: string): void {
    this.#inARow.delete(owner);
  }

  /** True when the cache is not to be planned from. */
  areLasting(owner: string): boolean {
    return (this.#inARow.get(owner) ?? 0) >= LASTING;
  }

  forgetAll(): void {
    this.#inARow.clear();
  }
}
