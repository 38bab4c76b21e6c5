const NEWLINE = 0x0a;

/**
 * Splits a byte stream into lines as it comes. Works on bytes, so that a character or a line cut between two chunks is
 * put together again; a line is kept as the chunks it came in and joined once, however long it is.
 */
export class LineSplitter {
  #rest: Buffer[] = [];

  /** The lines that this chunk completes, without their ends; empty lines are left out. */
  *push(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.#rest.push(chunk.subarray(from, end));
      from = end + 1;
      const line = this.#take();
      if (line !== '') yield line;
    }
    if (from < chunk.length) this.#rest.push(chunk.subarray(from));
  }

  /** Bytes of the line that is not complete yet. */
  get pendingBytes(): number {
    return this.#rest.reduce((sum, { length }) => sum + length, 0);
  }

  #take(): string {
    const [first, ...others] = this.#rest;
    this.#rest = [];
    if (first === undefined) return '';
    return (others.length === 0 ? first : Buffer.concat([first, ...others])).toString('utf8');
  }
}
