import type { DatabaseServer } from '../servers/database.ts';
import { database } from './names.ts';
import { withPort } from './text.ts';

/** A row of the registry, as plain SQL reads it. Times are milliseconds since 1970 by the database's clock. */
export interface RegistryRow {
  readonly service: string;
  readonly instanceId: string;
  /** With port; an IPv6 address in brackets. */
  readonly address: string;
  readonly status: 'UP' | 'DRAINING' | 'DOWN';
  readonly zone: string | undefined;
  readonly updatedAt: number;
  /** undefined: a static row, which never expires. */
  readonly expiresAt: number | undefined;
  readonly ttlMs: number | undefined;
}

interface ReadRow {
  service: string;
  instance_id: string;
  address: string;
  port: number;
  status: RegistryRow['status'];
  zone: string | null;
  ttl_ms: number | null;
  updated_at: string;
  expires_at: string | null;
}

const statement = `SELECT i.service, i.instance_id, i.address, i.port, i.status, i.zone, i.ttl_ms,
  UNIX_TIMESTAMP(i.updated_at) AS updated_at,
  UNIX_TIMESTAMP(COALESCE(h.expires_at, i.created_at + INTERVAL i.ttl_ms * 1000 MICROSECOND)) AS expires_at
FROM ${database}.instances i LEFT JOIN ${database}.heartbeats h ON h.instance = i.id
ORDER BY i.service, i.id LIMIT 500`;

/** Reads the registry. Throws what the database says. */
export async function readRows(server: Pick<DatabaseServer, 'query'>): Promise<RegistryRow[]> {
  const rows = await server.query<ReadRow>(statement);
  return rows.map((row) => ({
    service: row.service,
    instanceId: row.instance_id,
    address: withPort(row.address, row.port),
    status: row.status,
    zone: row.zone ?? undefined,
    updatedAt: milliseconds(row.updated_at),
    expiresAt: row.ttl_ms === null || row.expires_at === null ? undefined : milliseconds(row.expires_at),
    ttlMs: row.ttl_ms ?? undefined,
  }));
}

/** A DECIMAL of seconds, which the driver gives as text to keep its digits. */
const milliseconds = (seconds: string): number => Number(seconds) * 1000;
