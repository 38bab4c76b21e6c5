import { RetryableError } from '../lib/errors.ts';
import type { Connection } from './connection.ts';

/**
 * How far a read-only server is behind its source, in ms; null for one that is no replica. Throws RetryableError ReplicaTooFarBehind when
 * the lag cannot be known because replication stands still, and TerminalError GrantMissing when it may not be asked for.
 */
export async function readReplicaLagMs(connection: Connection, signal: AbortSignal): Promise<number | null> {
  // MySQL 8.0.22 and MariaDB 10.5 know this name of it; the columns keep their own in MariaDB.
  const rows = await connection.named({ text: 'SHOW REPLICA STATUS', values: [] }, signal);
  if (rows.length === 0) return null;
  const lags = rows.map((row) => row.Seconds_Behind_Source ?? row.Seconds_Behind_Master ?? null);
  const stopped = lags.indexOf(null);
  if (stopped >= 0) throw standsStill(connection, rows[stopped] ?? {});
  return Math.max(...lags.map(Number)) * 1000;
}

function standsStill(connection: Connection, row: Readonly<Record<string, unknown>>): RetryableError {
  const { host, port } = connection.context.target;
  const why = [row.Last_IO_Error, row.Last_SQL_Error]
    .filter((text) => typeof text === 'string' && text !== '')
    .join('; ');
  return new RetryableError(
    `${host}:${port} is a replica whose replication stands still (${why === '' ? 'a thread of it is stopped' : why}): type START ` +
      'REPLICA there, or point the Registry at another server',
    { reason: 'ReplicaTooFarBehind' },
  );
}

/** The error of a replica that is too far behind to be believed. */
export function tooFarBehind(connection: Connection, lagMs: number, maxLagMs: number): RetryableError {
  const { host, port } = connection.context.target;
  return new RetryableError(
    `${host}:${port} is a replica ${lagMs / 1000} s behind, and spec.mysql.maxReplicaLag is ${maxLagMs / 1000} s`,
    { reason: 'ReplicaTooFarBehind' },
  );
}
