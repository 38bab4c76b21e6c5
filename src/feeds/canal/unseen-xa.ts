import { PreparedXids } from '../prepared-xids.ts';
import type { XaStep } from './news.ts';

/** Everything is read so long after the commit, when what it changed can be seen. */
const UNSEEN_MS = 1000;
/** Canal leaves out the end of some transactions without rows of ours, and the commit of such a one looks like that of an unseen one. */
const UNSEEN_EVERY_MS = 30_000;

/**
 * The rows of an XA transaction come where it is prepared: one that was prepared before the conversation changes what nobody was told of when it
 * is committed. Pure: times are handed in, in ms.
 */
export class UnseenXa {
  readonly #xids = new PreparedXids();
  /** When everything is to be read; Infinity: there is no reason to. */
  #dueMs = Infinity;
  #toldMs = -Infinity;

  note(steps: readonly XaStep[], nowMs: number): void {
    for (const step of steps) {
      if ('prepared' in step) this.#xids.prepared(step.prepared);
      else if (this.#xids.revealsUnseen(step.finished))
        this.#dueMs = Math.max(nowMs + UNSEEN_MS, this.#toldMs + UNSEEN_EVERY_MS);
    }
  }

  /** True once when everything is to be read. */
  takeDue(nowMs: number): boolean {
    if (nowMs < this.#dueMs) return false;
    this.#dueMs = Infinity;
    this.#toldMs = nowMs;
    return true;
  }
}
