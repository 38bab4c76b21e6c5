import type { TestDatabase } from '../../support/testbed/index.ts';

/** A row as a server of the user's registers itself: three plain statements, see docs/sql.md. */
export interface Registration {
  readonly service: string;
  readonly instanceId: string;
  readonly address: string;
  readonly port?: number;
  readonly weight?: number;
  readonly zone?: string;
  readonly status?: 'UP' | 'DRAINING' | 'DOWN';
  readonly metadata?: Readonly<Record<string, string>>;
  /** Without it the instance is static. */
  readonly ttlMs?: number;
}

/** Writes rows of the Managed schema as users do. */
export class RegistryTable {
  readonly #database: TestDatabase;

  constructor(database: TestDatabase) {
    this.#database = database;
  }

  /** Registers instances, or changes them when they are there; leased ones beat once. */
  async register(...rows: readonly Registration[]): Promise<void> {
    for (let at = 0; at < rows.length; at += 1000) await this.#registerChunk(rows.slice(at, at + 1000));
    const leased = rows.filter(({ ttlMs }) => ttlMs !== undefined);
    for (let at = 0; at < leased.length; at += 1000) await this.#beatChunk(leased.slice(at, at + 1000));
  }

  /** Beats once for each row. */
  async beat(...rows: readonly Registration[]): Promise<void> {
    for (let at = 0; at < rows.length; at += 1000) await this.#beatChunk(rows.slice(at, at + 1000));
  }

  async setStatus(service: string, instanceId: string, status: 'UP' | 'DRAINING' | 'DOWN'): Promise<void> {
    await this.#database.query('UPDATE instances SET status = ? WHERE service = ? AND instance_id = ?', [
      status,
      service,
      instanceId,
    ]);
  }

  async remove(service: string, instanceId: string): Promise<void> {
    await this.#database.query('DELETE FROM instances WHERE service = ? AND instance_id = ?', [
      service,
      instanceId,
    ]);
  }

  async #registerChunk(rows: readonly Registration[]): Promise<void> {
    const values = rows.map((row) => [
      row.service,
      row.instanceId,
      row.address,
      row.port ?? 50051,
      row.weight ?? 100,
      row.zone ?? null,
      row.status ?? 'UP',
      row.metadata === undefined ? null : JSON.stringify(row.metadata),
      row.ttlMs ?? null,
    ]);
    await this.#database.query(
      `INSERT INTO instances (service, instance_id, address, port, weight, zone, status, metadata, ttl_ms) VALUES ?
       ON DUPLICATE KEY UPDATE address = VALUES(address), port = VALUES(port), weight = VALUES(weight),
         zone = VALUES(zone), status = VALUES(status), metadata = VALUES(metadata), ttl_ms = VALUES(ttl_ms)`,
      [values],
    );
  }

  async #beatChunk(rows: readonly Registration[]): Promise<void> {
    if (rows.length === 0) return;
    const names = rows.map(({ service, instanceId }) => [service, instanceId]);
    await this.#database.query(
      `INSERT INTO heartbeats (instance, expires_at)
         SELECT id, NOW(6) + INTERVAL ttl_ms * 1000 MICROSECOND FROM instances
         WHERE (service, instance_id) IN (?) AND ttl_ms IS NOT NULL
       ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at)`,
      [names],
    );
  }
}
