import { setImmediate } from 'node:timers';
import type { Clock } from '../../lib/clock.ts';
import { Breather } from '../../lib/event-loop.ts';
import type { ResourceKey } from '../resource.ts';
import type { Subscribers } from './subscribers.ts';

/** Somebody to whom changes are told, and who is then given a turn to send. */
export interface Pushed {
  changed(key: ResourceKey): void;
  /** Sends what is due. Must not throw. */
  flush(): void;
}

/**
 * Turns: who has something to send comes in the order in which that was so, and whoever comes again goes to the end. Long work is cut into pieces, so that
 * neither a push to ten thousand streams nor one to a single stream keeps the event loop. Changes that come close together are one push.
 */
export class PushQueue<S extends Pushed> {
  readonly #clock: Clock;
  readonly #subscribers: Subscribers<S>;
  readonly #changed = new Map<string, Set<string>>();
  readonly #waiting = new Set<S>();
  readonly #onError: (error: unknown) => void;
  #running = false;

  /** `onError`: a bug; the queue goes on with the next. */
  constructor(clock: Clock, subscribers: Subscribers<S>, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#subscribers = subscribers;
    this.#onError = onError;
  }

  /** Everybody who wants one of these gets a turn. */
  changed(keys: readonly ResourceKey[]): void {
    for (const { typeUrl, name } of keys) {
      const names = this.#changed.get(typeUrl) ?? new Set<string>();
      this.#changed.set(typeUrl, names);
      names.add(name);
    }
    this.#start();
  }

  /** This one gets a turn. */
  add(pushed: S): void {
    this.#waiting.add(pushed);
    this.#start();
  }

  /** It is gone. */
  delete(pushed: S): void {
    this.#waiting.delete(pushed);
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => {
      this.#run().catch(this.#onError);
    });
  }

  async #run(): Promise<void> {
    const breather = new Breather(this.#clock);
    try {
      while (this.#changed.size > 0 || this.#waiting.size > 0) {
        await this.#tellChanges(breather);
        await this.#flushOne(breather);
      }
    } finally {
      this.#running = false;
    }
  }

  async #tellChanges(breather: Breather): Promise<void> {
    for (const [typeUrl, names] of this.#changed) {
      for (const name of names) {
        names.delete(name);
        const key: ResourceKey = { typeUrl, name };
        for (const pushed of this.#subscribers.named(typeUrl, name)) this.#tell(pushed, key);
        for (const pushed of this.#subscribers.wildcard(typeUrl)) this.#tell(pushed, key);
        const breath = breather.breathe();
        if (breath !== undefined) await breath;
      }
      this.#changed.delete(typeUrl);
    }
  }

  #tell(pushed: S, key: ResourceKey): void {
    pushed.changed(key);
    this.#waiting.add(pushed);
  }

  async #flushOne(breather: Breather): Promise<void> {
    for (const pushed of this.#waiting) {
      this.#waiting.delete(pushed);
      try {
        pushed.flush();
      } catch (error) {
        this.#onError(error);
      }
      const breath = breather.breathe();
      if (breath !== undefined) await breath;
      if (this.#changed.size > 0) return;
    }
  }
}
