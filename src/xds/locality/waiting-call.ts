import type { Logger } from '../../lib/logger.ts';
import { RPC, type RpcHandler, type RpcStream } from '../rpc.ts';

/** Messages that may wait for the first one: a client sends one for each type that it asks for. */
const MAX_WAITING = 100;

/** A call whose first message may have to wait; what comes meanwhile waits behind it, in order. */
export class WaitingCall implements RpcHandler {
  readonly #stream: RpcStream;
  readonly #next: RpcHandler;
  readonly #logger: Logger;
  readonly #prepare: (first: Buffer, signal: AbortSignal) => Promise<void> | null;
  readonly #over = new AbortController();
  #state: 'new' | 'waiting' | 'open' = 'new';
  /** What to do when the wait is over. */
  readonly #held: (() => void)[] = [];

  /** `prepare` makes the first message ready, and never rejects; null: it is ready. */
  constructor(
    stream: RpcStream,
    next: RpcHandler,
    logger: Logger,
    prepare: (first: Buffer, signal: AbortSignal) => Promise<void> | null,
  ) {
    this.#stream = stream;
    this.#next = next;
    this.#logger = logger;
    this.#prepare = prepare;
  }

  message(body: Buffer): void {
    if (this.#state === 'new') this.#begin(body);
    if (this.#state === 'open') this.#next.message(body);
    else this.#hold(() => this.#next.message(body));
  }

  halfClosed(): void {
    if (this.#state === 'waiting') this.#hold(() => this.#next.halfClosed());
    else this.#next.halfClosed();
  }

  drained(): void {
    this.#next.drained();
  }

  ended(): void {
    this.#held.length = 0;
    this.#over.abort(new Error('the call is over'));
    this.#next.ended();
  }

  #begin(first: Buffer): void {
    const ready = this.#prepare(first, this.#over.signal);
    this.#state = ready === null ? 'open' : 'waiting';
    void ready?.then(() => this.#release());
  }

  #hold(act: () => void): void {
    if (this.#held.length < MAX_WAITING) {
      this.#held.push(act);
      return;
    }
    this.#held.length = 0;
    this.#stream.end({
      code: RPC.resourceExhausted,
      message: `more than ${MAX_WAITING} requests came before the first answer; wait for answers`,
    });
  }

  /** The transport is not there to catch what the handler throws. */
  #release(): void {
    this.#state = 'open';
    try {
      for (const act of this.#held.splice(0)) act();
    } catch (error) {
      this.#logger.error('an xDS call failed', { peer: this.#stream.peer, error });
      this.#stream.end({ code: RPC.internal, message: 'internal error' });
    }
  }
}
