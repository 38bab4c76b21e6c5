/** Shows one long piece of work among several. */
export interface Task {
  /** What is being done at the moment. */
  update(text: string): void;
}

/**
 * Progress of long work: what is going on and for how many seconds. On a terminal one line is kept up to date;
 * elsewhere (CI, a pipe) there are plain lines, at the start, at the end and every 20 seconds between.
 */
export class Progress {
  readonly #live: boolean;
  readonly #write: (text: string) => void;
  readonly #running = new Map<string, { since: number; text: string }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { live?: boolean; write?: (text: string) => void } = {}) {
    this.#live = options.live ?? process.stderr.isTTY;
    this.#write = options.write ?? ((text) => void process.stderr.write(text));
  }

  /** A line that stays. */
  say(line: string): void {
    this.#write(this.#live ? `\r\u001b[K${line}\n` : `${line}\n`);
    this.#redraw();
  }

  /** Does `work` and shows how long it takes; says nothing of work that is done within a quarter of a second. */
  async during<T>(name: string, work: (task: Task) => Promise<T>): Promise<T> {
    const entry = { since: Date.now(), text: '' };
    const quick = setTimeout(() => {
      if (!this.#live) this.say(`${name} ...`);
    }, 250);
    this.#running.set(name, entry);
    this.#timer ??= setInterval(() => this.#tick(), this.#live ? 500 : 20_000).unref();
    try {
      return await work({ update: (text) => (entry.text = text) });
    } finally {
      clearTimeout(quick);
      this.#running.delete(name);
      if (this.#running.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
      if (Date.now() - entry.since >= 250) this.say(`${name}: done in ${seconds(entry.since)}`);
    }
  }

  #tick(): void {
    if (this.#live) this.#redraw();
    else for (const line of this.#lines()) this.#write(`${line}\n`);
  }

  #redraw(): void {
    if (!this.#live || this.#running.size === 0) return;
    const width = process.stderr.columns || 80;
    this.#write(
      `\r\u001b[K${this.#lines()
        .join(' | ')
        .slice(0, width - 1)}`,
    );
  }

  #lines(): string[] {
    return [...this.#running].map(([name, { since, text }]) =>
      `${name}: ${seconds(since)}${text ? `, ${text}` : ''}`.slice(0, 100),
    );
  }
}

/** The time since a moment, as people read it: `41 s`, `3 min 5 s`. */
export function seconds(since: number, now = Date.now()): string {
  const total = Math.round((now - since) / 1000);
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}
