import type { Stamp } from './message.ts';

/** Versions of one publisher that were passed over. */
export interface Gap {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** What a stamp means beside those seen before. */
export type StampVerdict =
  /** The first of its epoch, or the next one. */
  | 'next'
  /** Versions before it were not seen: lost, or on their way. */
  | 'jump'
  /** One that was passed over has come. */
  | 'late'
  /** Seen before. */
  | 'repeated';

interface OpenGap {
  from: number;
  to: number;
  readonly dueMs: number;
}

interface Publisher {
  highest: number;
  readonly gaps: OpenGap[];
}

/** Publishers come and go with every deployment; those silent for longest are forgotten. */
const MAX_PUBLISHERS = 10_000;
/** More open gaps than this are one: a publisher that loses so much is read after as a whole. */
const MAX_GAPS = 64;

/**
 * Finds what was lost in numbered messages. A publisher may write with several threads, so its messages may change places on the way: a gap
 * counts as lost when it is not filled within `patienceMs`. What came before the first message that was seen of an epoch is not asked for.
 */
export class VersionGaps {
  readonly #patienceMs: number;
  /** In the order in which they were heard last. */
  readonly #publishers = new Map<string, Publisher>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  see({ epoch, version }: Stamp, nowMs: number): StampVerdict {
    const known = this.#publishers.get(epoch);
    this.#publishers.delete(epoch);
    // A publisher that always says the same epoch and counts from 1 again after a restart.
    if (known === undefined || (version === 1 && !isMissing(known, 1))) {
      this.#keep(epoch, { highest: version, gaps: known?.gaps ?? [] });
      return 'next';
    }
    this.#keep(epoch, known);
    if (version <= known.highest) return fill(known, version) ? 'late' : 'repeated';
    const isJump = version > known.highest + 1;
    if (isJump) {
      if (known.gaps.length >= MAX_GAPS) known.gaps.splice(0, known.gaps.length, mergedOf(known.gaps));
      known.gaps.push({ from: known.highest + 1, to: version - 1, dueMs: nowMs + this.#patienceMs });
    }
    known.highest = version;
    return isJump ? 'jump' : 'next';
  }

  /** True while there is a gap that may yet be filled. */
  get hasOpen(): boolean {
    for (const { gaps } of this.#publishers.values()) if (gaps.length > 0) return true;
    return false;
  }

  /** Takes out the gaps that were not filled in time. */
  takeLost(nowMs: number): readonly Gap[] {
    const lost: Gap[] = [];
    for (const [epoch, { gaps }] of this.#publishers) {
      const open = gaps.filter(({ dueMs }) => dueMs > nowMs);
      if (open.length === gaps.length) continue;
      for (const { from, to, dueMs } of gaps) if (dueMs <= nowMs) lost.push({ epoch, from, to });
      gaps.splice(0, gaps.length, ...open);
    }
    return lost;
  }

  #keep(epoch: string, publisher: Publisher): void {
    this.#publishers.set(epoch, publisher);
    if (this.#publishers.size <= MAX_PUBLISHERS) return;
    for (const oldest of this.#publishers.keys()) {
      this.#publishers.delete(oldest);
      break;
    }
  }
}

function isMissing({ gaps }: Publisher, version: number): boolean {
  return gaps.some(({ from, to }) => from <= version && version <= to);
}

/** Takes one version out of the gap that it is missing from; false when it is missing from none. */
function fill({ gaps }: Publisher, version: number): boolean {
  // As one, it is not forgotten, and costs one resync at most.
  if (gaps.length > MAX_GAPS) gaps.splice(0, gaps.length, mergedOf(gaps));
  const index = gaps.findIndex(({ from, to }) => from <= version && version <= to);
  const gap = gaps[index];
  if (gap === undefined) return false;
  const left = { ...gap, to: version - 1 };
  const right = { ...gap, from: version + 1 };
  gaps.splice(index, 1, ...[left, right].filter(({ from, to }) => from <= to));
  return true;
}

/** From the first to the last; it is due when the first was. */
function mergedOf(gaps: readonly OpenGap[]): OpenGap {
  return {
    from: Math.min(...gaps.map(({ from }) => from)),
    to: Math.max(...gaps.map(({ to }) => to)),
    dueMs: Math.min(...gaps.map(({ dueMs }) => dueMs)),
  };
}
