import { RetryableError } from '../../lib/errors.ts';
import type { RedisConnection } from './connection.ts';
import {
  openFirst,
  openSentinel,
  openServer,
  requireServingNode,
  type AskedSentinel,
  type ServerOptions,
} from './open-server.ts';
import { masterOf } from './sentinel.ts';
import { addressText, type RedisAddress } from './target.ts';

/** What a {@link RedisLink} is made of. */
export interface LinkOptions extends ServerOptions {
  /** Which of the addresses is tried first; the next attempt begins with another. */
  readonly turn: number;
  readonly onMessage: (text: string) => void;
}

/** The server is asked for a sign of life this often. */
const BEAT_MS = 1000;
/** After so long without one the connection is taken for dead: a cut that nobody was told of. */
const SILENT_MS = 3 * BEAT_MS;
/** A failover that no sentinel can tell of would go unnoticed: without them for so long, the link is given up. */
const SENTINELS_AWAY_MS = 10_000;

/**
 * One life of a subscription: from SUBSCRIBE to the first fault. What is published in between reaches `onMessage`, so that whoever reads
 * everything after it was opened misses nothing that is published until it is lost.
 */
export class RedisLink {
  readonly #options: LinkOptions;
  readonly #server: RedisConnection;
  #sentinel: RedisConnection | null;
  #heardMs: number;
  #isAsked = false;

  private constructor(options: LinkOptions, server: RedisConnection, sentinel: RedisConnection | null) {
    this.#options = options;
    this.#server = server;
    this.#sentinel = sentinel;
    this.#heardMs = options.clock.now();
  }

  /** Connects to the first of the addresses that serves, and subscribes. */
  static async open(options: LinkOptions, signal: AbortSignal): Promise<RedisLink> {
    const { target, turn } = options;
    const sentinel = target.topology === 'Sentinel' ? await firstSentinel(options, signal) : null;
    let server: RedisConnection | undefined;
    try {
      const open = (address: RedisAddress): Promise<RedisConnection> => openServer(options, address, signal);
      server = await (sentinel === null ? openFirst(target.addresses, turn, open) : open(sentinel.master));
      const link = new RedisLink(options, server, sentinel?.connection ?? null);
      await server.subscribe(target.channel, (text) => link.#hear(text));
      return link;
    } catch (error) {
      const gone = new Error('the link was not opened');
      server?.close(gone);
      sentinel?.connection.close(gone);
      throw error;
    }
  }

  /** The server that serves. */
  get address(): string {
    return addressText(this.#server.address);
  }

  /** Asks for signs of life and tells of each, until the link is lost or closed: resolves with the reason. */
  async follow(onBeat: () => void, signal: AbortSignal): Promise<Error> {
    const stopping = new AbortController();
    const both = AbortSignal.any([signal, stopping.signal]);
    const loops = [this.#beat(onBeat, both), this.#watchSentinels(both)].map((loop) =>
      loop.catch((error: unknown) => this.#lose(error)),
    );
    try {
      return await this.#server.closed;
    } finally {
      stopping.abort(new Error('the link is lost'));
      this.close();
      await Promise.all(loops);
    }
  }

  /** Tells all who follow the channel. Rejects when the server refuses it. */
  async publish(text: string): Promise<void> {
    await this.#server.send('PUBLISH', this.#options.target.channel, text);
  }

  close(): void {
    const gone = new Error('the link is closed');
    this.#server.close(gone);
    this.#sentinel?.close(gone);
  }

  #hear(text: string): void {
    this.#heardMs = this.#options.clock.now();
    this.#options.onMessage(text);
  }

  #lose(error: unknown): void {
    this.#server.close(error instanceof Error ? error : new Error(String(error)));
  }

  async #beat(onBeat: () => void, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await clock.sleep(BEAT_MS, signal);
      if (clock.now() - this.#heardMs >= SILENT_MS) throw this.#silent();
      // No loop of awaits: that an answer does not come is what the next turn finds.
      if (!this.#isAsked) void this.#ask(onBeat).catch((error: unknown) => this.#lose(error));
    }
  }

  async #ask(onBeat: () => void): Promise<void> {
    this.#isAsked = true;
    if (this.#options.target.topology === 'Cluster') await requireServingNode(this.#server);
    else await this.#server.send('PING');
    this.#isAsked = false;
    this.#heardMs = this.#options.clock.now();
    onBeat();
  }

  /** A server that is master no more keeps its subscribers, while what is published goes to another. */
  async #watchSentinels(signal: AbortSignal): Promise<void> {
    const { clock, target } = this.#options;
    if (target.topology !== 'Sentinel') return;
    let heardMs = clock.now();
    for (;;) {
      await clock.sleep(BEAT_MS, signal);
      try {
        this.#requireSame(await this.#askSentinel(target.sentinelMaster ?? '', signal));
        heardMs = clock.now();
      } catch (error) {
        signal.throwIfAborted();
        if (isMove(error) || clock.now() - heardMs >= SENTINELS_AWAY_MS) throw error;
      }
    }
  }

  async #askSentinel(name: string, signal: AbortSignal): Promise<RedisAddress> {
    if (this.#sentinel !== null) {
      try {
        return await masterOf(this.#sentinel, name);
      } catch {
        // Another one is asked: what it says counts, or why it says nothing.
        this.#sentinel.close(new Error('it does not answer'));
        this.#sentinel = null;
      }
    }
    const { connection, master } = await firstSentinel(this.#options, signal);
    this.#sentinel = connection;
    return master;
  }

  #requireSame(master: RedisAddress): void {
    const now = addressText(master);
    if (now === this.address) return;
    throw new RetryableError(`the sentinels made ${now} the server in place of ${this.address}`, {
      reason: 'RedisMasterMoved',
    });
  }

  #silent(): RetryableError {
    return new RetryableError(
      `Redis at ${this.address} has not answered for ${SILENT_MS / 1000} s; it is connected to anew by itself`,
      { reason: 'RedisUnreachable' },
    );
  }
}

async function firstSentinel(options: LinkOptions, signal: AbortSignal): Promise<AskedSentinel> {
  const { target, turn } = options;
  return await openFirst(target.addresses, turn, (address) => openSentinel(options, address, signal));
}

function isMove(error: unknown): boolean {
  return error instanceof RetryableError && error.reason === 'RedisMasterMoved';
}
