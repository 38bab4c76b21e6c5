import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/within.ts';
import type { CustomSchemaSpec } from '../../model/registry.ts';
import { type FeedProblem, type Finding, problemOf } from '../../registry/feed-problem.ts';
import type { AccessSource, MysqlTarget } from '../access.ts';
import { Connection } from '../connection.ts';
import { resolveCustomSchema } from '../custom-schema.ts';
import { readReplicaLagMs, tooFarBehind } from '../replica.ts';
import { readRegistryMeta } from '../schema-version.ts';
import { readServerIdentity } from '../server-identity.ts';
import { NOW_US } from '../sql-text.ts';
import { clockDifference, clockProblem, type ClockReading } from './clock-difference.ts';
import { grantProblems } from './grants.ts';
import { readIndexedTable } from './indexed-table.ts';
import { customIndexProblems, type IndexedTable, managedIndexProblems } from './wanted-indexes.ts';

export interface ExamineOptions {
  readonly target: MysqlTarget;
  readonly access: AccessSource;
  /** Null: our own tables. */
  readonly custom: CustomSchemaSpec | null;
  readonly maxReplicaLagMs: number;
  readonly clock: Clock;
  /** How long each of the checks may take. */
  readonly timeoutMs: number;
}

/** What one check found; more than one problem becomes more than one finding. */
interface Found {
  readonly says: string;
  readonly problems?: readonly (FeedProblem | null)[];
}

type Check = (connection: Connection, options: ExamineOptions, signal: AbortSignal) => Promise<Found>;

/** What is done with a connection, in the order in which it is told. */
const CHECKS: readonly (readonly [string, Check])[] = [
  ['Server', examineServer],
  ['TLS', examineTls],
  ['Replica', examineReplica],
  ['Grants', examineGrants],
  ['Schema', examineSchema],
  ['Indexes', examineIndexes],
  ['Clock', examineClock],
];

/**
 * Looks at the database of a Registry as the operator uses it, each thing by itself: one that cannot be looked at says so, and the others
 * go on. Changes nothing.
 */
export async function examineDatabase(
  options: ExamineOptions,
  signal: AbortSignal,
): Promise<{ readonly isConnected: boolean; readonly findings: readonly Finding[] }> {
  let connection: Connection | null = null;
  const findings = [
    ...(await examine('Connection', options, signal, async (limited) => {
      connection = await openConnection(options, limited);
      const { account, username, target } = connection.context;
      const who = account === null ? username : `${account.user}@${account.host}`;
      return { says: `${who} is let into database ${target.database} at ${target.host}:${target.port}` };
    })),
  ];
  const open = connection as Connection | null;
  if (open === null) return { isConnected: false, findings };
  try {
    for (const [about, check] of CHECKS)
      findings.push(...(await examine(about, options, signal, (limited) => check(open, options, limited))));
  } finally {
    open.destroy();
  }
  return { isConnected: true, findings: withoutRepeats(findings) };
}

/** A grant that is missing is told once. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const isMissing = ({ problem }: Finding): boolean => problem?.reason === 'GrantMissing';
  if (!findings.some((finding) => finding.about === 'Grants' && isMissing(finding))) return findings;
  return findings.map((finding) =>
    ['Schema', 'Indexes'].includes(finding.about) && isMissing(finding)
      ? { ...finding, says: 'not looked at: see Grants', problem: null }
      : finding,
  );
}

async function examine(
  about: string,
  { clock, timeoutMs }: ExamineOptions,
  signal: AbortSignal,
  check: (signal: AbortSignal) => Promise<Found>,
): Promise<readonly Finding[]> {
  try {
    const { says, problems = [] } = await within(clock, timeoutMs, check, signal);
    const wrong = problems.filter((problem) => problem !== null);
    return wrong.length === 0
      ? [{ about, says, problem: null }]
      : wrong.map((problem) => ({ about, says: '', problem }));
  } catch (error) {
    const problem = problemOf(error);
    if (signal.aborted || problem === null) throw error;
    return [{ about, says: '', problem }];
  }
}

async function openConnection(options: ExamineOptions, signal: AbortSignal): Promise<Connection> {
  const { target, clock, timeoutMs } = options;
  const access = await options.access({ refresh: false });
  return await Connection.open(
    { target, clock, reader: 'Registry', connectTimeoutMs: timeoutMs, queryTimeoutMs: timeoutMs },
    access,
    signal,
  );
}

async function examineServer(connection: Connection, _: ExamineOptions, signal: AbortSignal): Promise<Found> {
  const { flavor, version } = await readServerIdentity(connection, signal);
  return { says: `${flavor} ${version}` };
}

async function examineTls(
  connection: Connection,
  { target }: ExamineOptions,
  signal: AbortSignal,
): Promise<Found> {
  const rows = await ask(
    connection,
    `SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_cipher')`,
    signal,
  );
  const status = new Map(rows.map(([name, value]) => [String(name).toLowerCase(), String(value)]));
  const cipher = status.get('ssl_cipher') ?? '';
  return {
    says:
      cipher === ''
        ? `none: spec.mysql.tls.mode is ${target.tls}`
        : `${status.get('ssl_version') ?? ''}, ${cipher}: spec.mysql.tls.mode is ${target.tls}`,
  };
}

async function examineReplica(
  connection: Connection,
  { maxReplicaLagMs }: ExamineOptions,
  signal: AbortSignal,
): Promise<Found> {
  const [row] = await ask(connection, 'SELECT @@GLOBAL.read_only', signal);
  // 0 or 1; newer MariaDB servers have words.
  if (['0', 'OFF'].includes(String(row?.[0])))
    return { says: 'the server can be written to: its lag is not asked for' };
  const lagMs = await readReplicaLagMs(connection, signal);
  if (lagMs === null) return { says: 'the server is read-only, and no replica' };
  if (lagMs > maxReplicaLagMs) throw tooFarBehind(connection, lagMs, maxReplicaLagMs);
  return { says: `a replica, ${lagMs / 1000} s behind; ${maxReplicaLagMs / 1000} s are allowed` };
}

async function examineGrants(
  connection: Connection,
  { custom }: ExamineOptions,
  signal: AbortSignal,
): Promise<Found> {
  return {
    says: custom === null ? 'SELECT, and DELETE for spec.retention' : 'SELECT',
    problems: await grantProblems(connection, custom, signal),
  };
}

async function examineSchema(
  connection: Connection,
  { custom }: ExamineOptions,
  signal: AbortSignal,
): Promise<Found> {
  if (custom === null) {
    const { schemaVersion } = await readRegistryMeta(connection, signal);
    return { says: `the tables of rollcall migrate, version ${schemaVersion}` };
  }
  await resolveCustomSchema(connection, custom, signal);
  const names = Object.values(custom.columns).join(', ');
  return { says: `${custom.table} has the columns that are named: ${names}` };
}

async function examineIndexes(
  connection: Connection,
  { custom }: ExamineOptions,
  signal: AbortSignal,
): Promise<Found> {
  const names = custom === null ? ['instances', 'heartbeats'] : [custom.table];
  const found = [];
  for (const name of names) found.push(await readIndexedTable(connection, name, signal));
  if (found.includes('view'))
    return { says: `${names.join()} is a view: those of its tables serve, and are not looked at` };
  const tables = found.filter((table): table is IndexedTable => table !== null && table !== 'view');
  if (tables.length < names.length) return { says: `not looked at: ${names.join(', ')} cannot be seen` };
  const problems =
    custom === null
      ? managedIndexProblems(tables)
      : tables.flatMap((table) => customIndexProblems(custom, table));
  return { says: 'every read has one', problems };
}

async function examineClock(
  connection: Connection,
  { clock }: ExamineOptions,
  signal: AbortSignal,
): Promise<Found> {
  const readings: ClockReading[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const sentAtMs = clock.wallNow();
    const startMs = clock.now();
    const [row] = await ask(connection, `SELECT ${NOW_US}`, signal);
    readings.push({ sentAtMs, tookMs: clock.now() - startMs, databaseMs: Number(row?.[0]) / 1000 });
  }
  const difference = clockDifference(readings);
  const { aheadMs, uncertainMs } = difference;
  return {
    says: `the database's is ${Math.abs(aheadMs)} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine's (give or take ${uncertainMs} ms)`,
    problems: [clockProblem(difference)],
  };
}

function ask(connection: Connection, text: string, signal: AbortSignal) {
  return connection.query({ text, values: [] }, signal);
}
