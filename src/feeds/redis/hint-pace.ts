/** As many hints in a row at a service of which nothing changed wait for nothing: a read may be under way, or lose a race. */
const FREE = 2;
const FIRST_GAP_MS = 10;
const LAST_GAP_MS = 1000;
/** A service of which nobody spoke for so long is as one that was never spoken of. */
const FORGET_MS = 10_000;
/** Names that the registry has no rows of can be made up without end; they are told together, so far apart. */
const UNKNOWN_GAP_MS = 20;
/** A window of the inbox has half as many. */
const MAX_SERVICES = 20_000;

/** The last hint at a service. */
interface Told {
  readonly atMs: number;
  /** What was held of the service then; see {@link KnownRows.revision}. */
  readonly revision: number;
  /** How many hints in a row, this one not counted, were followed by no difference. */
  readonly idle: number;
}

/** The least time from one hint to the next, by how many in a row were followed by no difference: 0, 0, 10, 20, 40 ... 1000 ms. */
export function hintGapMs(idle: number): number {
  return idle < FREE ? 0 : Math.min(LAST_GAP_MS, FIRST_GAP_MS * 2 ** (idle - FREE));
}

/**
 * When a service may be hinted at again. Whoever may publish on a channel can name a service without end; each time it is read, and a read that
 * shows no difference makes the next one wait longer, up to a second. A difference, however it was found, ends that. Nothing is ever dropped.
 *
 *     orders ──told──▶ read: no difference ──▶ told at once ──▶ no difference ──▶ 10 ms, 20 ms ... 1 s
 *        ▲                                                                            │
 *        └─────────────────────────────── a difference, or 10 s of silence ───────────┘
 *
 * Pure: times are handed in, in ms.
 */
export class HintPace {
  readonly #revision: (service: string) => number;
  /** In the order in which they were told last. */
  readonly #told = new Map<string, Told>();
  #unknownMs = -Infinity;

  /** `revision` changes whenever what is held of a service does; 0: nothing is, and nothing was. */
  constructor(revision: (service: string) => number) {
    this.#revision = revision;
  }

  /** The earliest moment to hint at this service. */
  dueMs(service: string, nowMs: number): number {
    const revision = this.#revision(service);
    const unknownMs = revision === 0 ? this.#unknownMs + UNKNOWN_GAP_MS : nowMs;
    const last = this.#told.get(service);
    const ownMs = last?.revision === revision ? last.atMs + hintGapMs(last.idle) : nowMs;
    return Math.max(nowMs, unknownMs, ownMs);
  }

  /** These services are hinted at now, together. */
  told(services: Iterable<string>, nowMs: number): void {
    for (const service of services) {
      const revision = this.#revision(service);
      if (revision === 0) this.#unknownMs = nowMs;
      const last = this.#told.get(service);
      const isRepeated = last?.revision === revision && nowMs - last.atMs < FORGET_MS;
      this.#told.delete(service);
      this.#told.set(service, { atMs: nowMs, revision, idle: isRepeated ? last.idle + 1 : 0 });
    }
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= MAX_SERVICES) return;
      this.#told.delete(oldest);
    }
  }
}
