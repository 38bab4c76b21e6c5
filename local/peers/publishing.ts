import type { RedisClientType } from 'redis';

/** Tells on a channel of Redis what was written, as docs/feeds/redis.md asks of every writer. */
export class Publishing {
  readonly #client: RedisClientType;
  readonly #channel: string;
  /** One run of this publisher. */
  readonly #epoch = `${process.pid}-${Date.now()}`;
  #version = 0;

  private constructor(client: RedisClientType, channel: string) {
    this.#client = client;
    this.#channel = channel;
  }

  /** Connects to `url` (redis://user:password@host:port). */
  static async start(url: string, channel = 'rollcall'): Promise<Publishing> {
    // Only those who publish wait for it to be loaded.
    const { createClient } = await import('redis');
    const client = createClient({ url, disableOfflineQueue: true });
    // It connects again by itself; what cannot be published meanwhile shows by its number.
    client.on('error', () => undefined);
    await client.connect();
    return new Publishing(client, channel);
  }

  /** To be called after COMMIT. Never rejects: subscribers notice by the next number that one is missing. */
  async committed(service: string): Promise<void> {
    this.#version += 1;
    const message = { service, epoch: this.#epoch, version: this.#version };
    await this.#client.publish(this.#channel, JSON.stringify(message)).catch(() => undefined);
  }

  stop(): void {
    this.#client.destroy();
  }
}
