/** Things with a deadline, the earliest first. Adding and taking cost the logarithm of how many there are. */
export class DeadlineHeap<T extends { readonly deadlineUs: number }> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest deadline; null when there is nothing. */
  get nextUs(): number | null {
    return this.#items[0]?.deadlineUs ?? null;
  }

  add(item: T): void {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= item.deadlineUs) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Takes out everything whose deadline is `nowUs` or earlier, at most `limit`, in order. */
  takeDue(nowUs: number, limit: number): T[] {
    const due: T[] = [];
    while (due.length < limit && this.#at(0) <= nowUs) {
      const item = this.#takeFirst();
      if (item === undefined) break;
      due.push(item);
    }
    return due;
  }

  clear(): void {
    this.#items.length = 0;
  }

  #takeFirst(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last === undefined || last === first) return first;
    this.#items[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const least = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(least) >= this.#at(index)) return first;
      this.#swap(index, least);
      index = least;
    }
  }

  #at(index: number): number {
    return this.#items[index]?.deadlineUs ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#items[a], this.#items[b]];
    if (first === undefined || second === undefined) return;
    this.#items[a] = second;
    this.#items[b] = first;
  }
}
