import type { IdRange } from '../../registry/change-log.ts';

/** Ids that were given and whose entries are not seen, and when it is time to find out why (ms of the process's clock). */
export interface Gap extends IdRange {
  readonly sinceMs: number;
  readonly dueMs: number;
}

/**
 * How long, and for how many ids, a server is waited for whose ids nobody has seen since: most are not written to at all. What takes longer is
 * a gap as soon as that server makes another entry, and otherwise found by the audit.
 */
const TAIL = { ms: 60_000, ids: 2000 };
/** Between two moments at which the place is remembered. */
const MARK_MS = 5000;
/** With more remainders than this only those that were seen are followed. */
const MAX_LANES = 64;

/**
 * Safety rule 5. Ids of entries are given when a statement runs, and the entries are seen when its transaction commits: whoever reads `id > cursor`
 * alone misses what commits late (45 % were, when it was measured). So every id that was passed over is remembered until its entry is seen:
 *
 *     seen     1 2 3 . . 6 7 . 9        place 9, contiguous 3
 *     gaps           4-5     8          looked for with every read, until they are seen or used up
 *
 * Ranges, not ids: a transaction of a million rows is one gap. Where ids of one server are `step` apart, other servers have other remainders:
 * each remainder is a sequence of its own, and what lies
 * between the last id seen of one and the place is its tail: entries of it may be on their way.
 */
export class GapSet {
  readonly #step: number;
  readonly #lanes = new Map<number, Lane>();
  #place: number;
  #cursor = 0;
  /** When the place was where, oldest first; only where there are tails. */
  readonly #marks: { readonly ms: number; readonly place: number }[] = [];
  #lastMs: number;

  constructor(place: number, step: number, gaps: readonly IdRange[], nowMs: number) {
    this.#place = place;
    this.#step = step;
    this.#lastMs = nowMs;
    if (step > 1 && step <= MAX_LANES) for (let id = 0; id < step; id += 1) this.#lane(id);
    for (const { from, to } of [...gaps].sort((a, b) => a.from - b.from))
      this.#lane(from).gaps.push({ from, to, step, sinceMs: nowMs, dueMs: nowMs });
  }

  /** The highest id that was seen. */
  get place(): number {
    return this.#place;
  }

  /** All up to here is seen. */
  get contiguous(): number {
    const firsts = [...this.#lanes.values()].flatMap(({ gaps }) => gaps.slice(0, 1).map(({ from }) => from));
    return firsts.length === 0 ? this.#place : Math.min(...firsts) - 1;
  }

  /** How many gaps there are, whatever their length. */
  get size(): number {
    let size = 0;
    for (const { gaps } of this.#lanes.values()) size += gaps.length;
    return size;
  }

  /** An entry beyond the place; what lies between opens a gap. */
  seen(id: number, nowMs: number, ageMs: number): void {
    if (id <= this.#place) return;
    this.#advance(this.#lane(id), id, nowMs, ageMs);
    if (this.#step > 1 && nowMs - (this.#marks.at(-1)?.ms ?? -Infinity) >= MARK_MS)
      this.#marks.push({ ms: nowMs, place: this.#place });
    this.#place = id;
    this.#lastMs = nowMs;
  }

  /** An entry below the place. True when it was missing. */
  close(id: number): boolean {
    const lane = this.#lane(id);
    if (id < this.#place && id > lane.top) {
      this.#advance(lane, id, this.#lastMs, 0);
      return true;
    }
    return this.remove({ from: id, to: id });
  }

  /** Forgets these ids. True when any of them was missing. */
  remove(range: Pick<IdRange, 'from' | 'to'>): boolean {
    return this.#lane(range.from).replace(range, () => null, this.#step);
  }

  /** Looks at these ids again at that moment. */
  postpone(range: Pick<IdRange, 'from' | 'to'>, dueMs: number): void {
    this.#lane(range.from).replace(range, (gap) => ({ ...gap, dueMs }), this.#step);
  }

  /** Gaps to look for in one read, `limit` at most; the others are next. */
  toRead(limit: number): readonly IdRange[] {
    const all = this.#all();
    if (all.length <= limit) return all;
    const start = this.#cursor % all.length;
    this.#cursor = start + limit;
    return [...all.slice(start, start + limit), ...all.slice(0, Math.max(0, start + limit - all.length))];
  }

  /** Where entries of other servers may still come, beside the gaps; to be read with them. */
  tails(nowMs: number): readonly IdRange[] {
    if (this.#step === 1) return [];
    while ((this.#marks[1]?.ms ?? Infinity) <= nowMs - TAIL.ms) this.#marks.shift();
    const [mark] = this.#marks;
    if (mark === undefined || this.#lastMs <= nowMs - TAIL.ms) return [];
    const old = mark.ms <= nowMs - TAIL.ms ? mark.place : -Infinity;
    const above = Math.max(old, this.#place - TAIL.ids);
    const tails: IdRange[] = [];
    for (const [remainder, { top }] of this.#lanes) {
      const from = Math.max(top + this.#step, this.#below(above, remainder) + this.#step);
      const to = this.#below(this.#place, remainder);
      if (from <= to && to < this.#place) tails.push({ from, to, step: this.#step });
    }
    return tails;
  }

  /** When the time of the first gap comes; Infinity where there is none. */
  get dueMs(): number {
    let dueMs = Infinity;
    for (const { gaps } of this.#lanes.values()) for (const gap of gaps) dueMs = Math.min(dueMs, gap.dueMs);
    return dueMs;
  }

  /** Gaps whose time has come, oldest first. */
  due(nowMs: number, limit: number): readonly Gap[] {
    const due: Gap[] = [];
    for (const { gaps } of this.#lanes.values())
      for (const gap of gaps) if (gap.dueMs <= nowMs) due.push(gap);
    return due.sort((a, b) => a.dueMs - b.dueMs).slice(0, limit);
  }

  #advance(lane: Lane, id: number, nowMs: number, ageMs: number): void {
    const from = lane.top + this.#step;
    const to = id - this.#step;
    if (from <= to) lane.gaps.push({ from, to, step: this.#step, sinceMs: nowMs, dueMs: nowMs + ageMs });
    lane.top = id;
  }

  /** The highest id with this remainder that is not above `id`. */
  #below(id: number, remainder: number): number {
    return id - ((((id - remainder) % this.#step) + this.#step) % this.#step);
  }

  #all(): Gap[] {
    return [...this.#lanes.values()].flatMap(({ gaps }) => gaps);
  }

  /** A sequence that nobody has seen an id of goes back to the place: its server was given what follows it. */
  #lane(id: number): Lane {
    const remainder = id % this.#step;
    const known = this.#lanes.get(remainder);
    if (known !== undefined) return known;
    const lane = new Lane(this.#below(this.#place, remainder));
    this.#lanes.set(remainder, lane);
    return lane;
  }
}

/** The ids of one remainder. */
class Lane {
  /** In order, none touches another's ids. */
  readonly gaps: Gap[] = [];
  top: number;

  constructor(top: number) {
    this.top = top;
  }

  /** Cuts a range out of the gaps, and puts what `change` makes of each piece in its place. */
  replace(
    { from, to }: Pick<IdRange, 'from' | 'to'>,
    change: (gap: Gap) => Gap | null,
    step: number,
  ): boolean {
    const start = this.#firstThrough(from);
    let end = start;
    const pieces: Gap[] = [];
    for (let gap = this.gaps[end]; gap !== undefined && gap.from <= to; gap = this.gaps[++end]) {
      if (gap.from < from) pieces.push({ ...gap, to: from - step });
      const inside = change({ ...gap, from: Math.max(gap.from, from), to: Math.min(gap.to, to) });
      if (inside !== null) pieces.push(inside);
      if (gap.to > to) pieces.push({ ...gap, from: to + step });
    }
    if (end > start) this.gaps.splice(start, end - start, ...pieces);
    return end > start;
  }

  /** Index of the first gap that ends at `id` or later. */
  #firstThrough(id: number): number {
    let [low, high] = [0, this.gaps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.gaps[middle]?.to ?? Infinity) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
