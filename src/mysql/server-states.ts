import { RetryableError } from '../lib/errors.ts';
import type { ServerState } from '../registry/registry-reader.ts';
import type { Columns } from './connection.ts';
import { mariadbGtidsWentBack } from './gtid.ts';
import type { Session } from './pool.ts';
import { readReplicaLagMs, tooFarBehind } from './replica.ts';
import { NOW_US } from './sql-text.ts';

/** Uptimes have whole seconds: starts that are no further apart than this are one. */
const RESTART_US = 3_000_000;

/** Reads the state of whoever answers, and remembers the transactions it had (safety rule 8). */
export class ServerStates {
  readonly #maxReplicaLagMs: number;
  #last: { readonly serverId: string; readonly startedAtUs: number; readonly gtids: string } | null = null;

  constructor(maxReplicaLagMs: number) {
    this.#maxReplicaLagMs = maxReplicaLagMs;
  }

  /** Throws RetryableError ReplicaTooFarBehind for a read-only replica that cannot be believed. */
  async read(session: Session, signal: AbortSignal): Promise<ServerState> {
    const { identity } = session;
    const last = this.#last?.serverId === identity.serverId ? this.#last.gtids : '';
    const { nowUs, isReadOnly, executedGtids, gtidsWentBack } =
      identity.flavor === 'MySQL'
        ? await readMysql(session, last, signal)
        : await readMariadb(session, last, signal);
    const replicaLagMs = isReadOnly ? await this.#lag(session, signal) : null;
    this.#last = { ...identity, gtids: executedGtids };
    return { ...identity, readOnly: isReadOnly, replicaLagMs, executedGtids, gtidsWentBack, nowUs };
  }

  /** Throws RetryableError ServerChanged for a connection to another server, or another process of it, than was read last. */
  checkBelieved({ identity, connection }: Session): void {
    const last = this.#last;
    if (last === null) return;
    const isRestarted = identity.startedAtUs - last.startedAtUs > RESTART_US;
    if (identity.serverId === last.serverId && !isRestarted) return;
    const { host, port } = connection.context.target;
    const what = isRestarted ? 'was started again' : 'is another server than before';
    throw new RetryableError(`${host}:${port} ${what}`, { reason: 'ServerChanged' });
  }

  /** Only the check whether the server can be believed at this moment. */
  async checkReadable(session: Session, signal: AbortSignal): Promise<void> {
    const [row] = await session.connection.query({ text: 'SELECT @@GLOBAL.read_only', values: [] }, signal);
    if (isOn(row?.[0])) await this.#lag(session, signal);
  }

  async #lag({ connection }: Session, signal: AbortSignal): Promise<number | null> {
    const lagMs = await readReplicaLagMs(connection, signal);
    if (lagMs !== null && lagMs > this.#maxReplicaLagMs)
      throw tooFarBehind(connection, lagMs, this.#maxReplicaLagMs);
    return lagMs;
  }
}

interface Answer {
  readonly nowUs: number;
  readonly isReadOnly: boolean;
  readonly executedGtids: string;
  readonly gtidsWentBack: boolean;
}

async function readMysql({ connection }: Session, last: string, signal: AbortSignal): Promise<Answer> {
  const executed = '@@GLOBAL.gtid_executed';
  const text = `SELECT ${NOW_US}, @@GLOBAL.read_only, ${executed}, GTID_SUBSET(?, ${executed})`;
  const [row = []] = await connection.query({ text, values: [last] }, signal);
  return { ...common(row), gtidsWentBack: Number(row[3]) === 0 };
}

async function readMariadb({ connection }: Session, last: string, signal: AbortSignal): Promise<Answer> {
  const text = `SELECT ${NOW_US}, @@GLOBAL.read_only, @@GLOBAL.gtid_current_pos`;
  const [row = []] = await connection.query({ text, values: [] }, signal);
  const answer = common(row);
  return { ...answer, gtidsWentBack: mariadbGtidsWentBack(last, answer.executedGtids) };
}

function common(row: Columns): Omit<Answer, 'gtidsWentBack'> {
  return {
    nowUs: Number(row[0]),
    isReadOnly: isOn(row[1]),
    executedGtids: typeof row[2] === 'string' ? row[2] : '',
  };
}

/** 0 or 1; newer MariaDB servers have words (OFF, ON, NO_LOCK ...). */
function isOn(value: unknown): boolean {
  return value !== 0 && value !== '0' && value !== 'OFF';
}
