import { createPool, type Pool } from 'mysql2/promise';

/** What a server writes about itself into the registry. */
export interface RegistrationOptions {
  /** `mysql://user:password@host:port/database` */
  readonly url: string;
  readonly service: string;
  readonly instanceId: string;
  readonly address: string;
  readonly port: number;
  readonly ttlMs: number;
  readonly weight?: number | undefined;
  readonly zone?: string | undefined;
  readonly region?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Called when a change of the row is committed (beats are none): where feed Redis is used it has to be published. */
  readonly onCommitted?: ((service: string) => Promise<void>) | undefined;
  /** Told when the database cannot be reached, and when it can again. */
  readonly onTrouble?: ((problem: string | undefined) => void) | undefined;
}

// The three statements of docs/sql.md: any language can say them.
const upsert = `INSERT INTO instances (service, instance_id, address, port, weight, zone, region, metadata, status, ttl_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'UP', ?)
ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), address = VALUES(address), port = VALUES(port),
  weight = VALUES(weight), zone = VALUES(zone), region = VALUES(region), metadata = VALUES(metadata), status = 'UP',
  ttl_ms = VALUES(ttl_ms)`;
const beat = `INSERT INTO heartbeats (instance, expires_at) VALUES (?, NOW(6) + INTERVAL ? MICROSECOND)
ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at)`;
const setStatus = `UPDATE instances SET status = ? WHERE id = ?`;

/** Keeps one instance in the registry by plain SQL: registers it, then beats every third of its TTL. */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #pool: Pool;
  #id: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #troubled = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#pool = createPool({ uri: options.url, connectionLimit: 1, connectTimeout: 2000, timezone: 'Z' });
    // TIMESTAMP columns mean the same instant in every session, but an ambiguous hour a year needs this.
    this.#pool.on('connection', (connection) => void connection.query("SET time_zone = '+00:00'"));
  }

  /** Registers and beats; a database that is away is tried again at every beat. */
  async start(): Promise<void> {
    await this.#keepAlive();
    this.#timer = setInterval(() => void this.#keepAlive(), this.#options.ttlMs / 3);
  }

  /** Keeps beating, but asks for no new calls. */
  async drain(): Promise<void> {
    await this.#set('DRAINING');
  }

  /** Leaves. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#set('DOWN');
    await this.#pool.end().catch(() => undefined);
  }

  async #set(status: 'DRAINING' | 'DOWN'): Promise<void> {
    await this.#tryTo(async () => {
      if (this.#id === undefined) return;
      await this.#pool.query(setStatus, [status, this.#id]);
      await this.#options.onCommitted?.(this.#options.service);
    });
  }

  async #keepAlive(): Promise<void> {
    const { ttlMs } = this.#options;
    await this.#tryTo(async () => {
      this.#id ??= await this.#register();
      await this.#pool.query(beat, [this.#id, ttlMs * 1000]);
    });
  }

  async #register(): Promise<number> {
    const { service, instanceId, address, port, weight = 100, zone, region, metadata, ttlMs } = this.#options;
    const json = metadata === undefined ? null : JSON.stringify(metadata);
    const values = [service, instanceId, address, port, weight, zone ?? null, region ?? null, json, ttlMs];
    const [result] = await this.#pool.query(upsert, values);
    await this.#options.onCommitted?.(service);
    return (result as { insertId: number }).insertId;
  }

  async #tryTo(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.#troubled) this.#options.onTrouble?.(undefined);
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled) this.#options.onTrouble?.(error instanceof Error ? error.message : String(error));
      this.#troubled = true;
    }
  }
}
