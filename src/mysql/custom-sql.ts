import type { CustomSchemaSpec } from '../model/registry.ts';
import type { InstanceKey } from '../registry/registry-reader.ts';
import type { SchemaSql } from './schema-sql.ts';
import { checksumColumns, contentHash, microseconds, moment, NOW_US, quoteName } from './sql-text.ts';

/** How a time column keeps its moments, found from its type. */
export type TimeKind = 'timestamp' | 'datetime' | 'number';

/** A Custom schema with what the database told about its columns. */
export interface ResolvedCustomSchema {
  readonly spec: CustomSchemaSpec;
  /** Length of a lease in ms: needed beside lastHeartbeat, wanted beside expiresAt; null where it is not given. */
  readonly ttlMs: number | null;
  /** The kinds of the columns expiresAt or lastHeartbeat, and updatedAt. */
  readonly leaseKind: TimeKind | null;
  readonly updatedAtKind: TimeKind | null;
}

const PER_UNIT = { Seconds: 1_000_000, Milliseconds: 1000, Microseconds: 1 } as const;
const DECIMAL_PER_US = { Seconds: '0.000001', Milliseconds: '0.001', Microseconds: '1' } as const;

/** The year 2255: the last microseconds that JavaScript counts exactly. */
const LATEST_US = 9_000_000_000_000_000;

const text = (expression: string): string => `CONVERT(${expression} USING utf8mb4)`;
/** Bytes of a name: what tells names apart here, whatever the collation of the column would take for equal. */
const bytes = (expression: string): string => `CAST(${text(expression)} AS BINARY)`;

/** Statements for a table or view of the user's own. */
export function customSql(schema: ResolvedCustomSchema): SchemaSql {
  return new CustomSql(schema);
}

class CustomSql implements SchemaSql {
  /** Its own collation orders the names, not ours: a range of names is not a range of its index. */
  readonly checksumCost = 'table';
  readonly hasBeatTable = false;
  readonly #schema: ResolvedCustomSchema;
  readonly #from: string;
  readonly #service: string;
  readonly #instanceId: string;
  readonly #hash: string;

  constructor(schema: ResolvedCustomSchema) {
    const { spec } = schema;
    this.#schema = schema;
    this.#service = quoteName(spec.columns.service);
    this.#instanceId = quoteName(spec.columns.instanceId);
    this.#from = `FROM ${spec.table.split('.').map(quoteName).join('.')} WHERE ${this.#condition()}`;
    const { columns } = spec;
    this.#hash = contentHash(
      [
        columns.instanceId,
        columns.address,
        columns.port,
        columns.weight,
        columns.region,
        columns.zone,
        columns.status,
        columns.metadata,
      ].map(orNull),
    );
  }

  readAll() {
    return { text: `SELECT ${this.#columns()} ${this.#from}`, values: [] };
  }

  readServices(services: readonly string[]) {
    return {
      text: `SELECT ${this.#columns()}, ${NOW_US} ${this.#from} AND ${this.#service} IN (?)`,
      values: [services],
    };
  }

  changedSince(sinceUs: number) {
    const { updatedAtKind: kind, spec } = this.#schema;
    if (kind === null || spec.columns.updatedAt === undefined) return null;
    const column = quoteName(spec.columns.updatedAt);
    return {
      text:
        `SELECT ${text(this.#service)}, ${text(this.#instanceId)}, ${this.#hash}, ${this.#us(column, kind)} ${this.#from} ` +
        `AND ${column} >= ${this.#moment(kind)}`,
      values: this.#momentValues(kind, sinceUs),
    };
  }

  expiredSince(afterUs: number) {
    const lease = this.#lease();
    if (lease === null) return null;
    const { column, kind, ttlUs } = lease;
    const now = this.#momentOf(kind, `(${NOW_US} - ${ttlUs})`);
    return {
      text: `${this.#leaseColumns(lease)} ${this.#from} AND ${column} > ${this.#moment(kind)} AND ${column} <= ${now}`,
      values: this.#momentValues(kind, afterUs - ttlUs),
    };
  }

  leases(keys: readonly InstanceKey[], afterUs: number | null) {
    const lease = this.#lease();
    if (lease === null) return null;
    const { column, kind, ttlUs } = lease;
    return {
      text:
        `${this.#leaseColumns(lease)} ${this.#from} AND (${this.#service}, ${this.#instanceId}) IN (?) AND ${column} IS NOT NULL` +
        (afterUs === null ? '' : ` AND ${column} > ${this.#moment(kind)}`),
      values: [
        keys.map(({ service, instanceId }) => [service, instanceId]),
        ...(afterUs === null ? [] : this.#momentValues(kind, afterUs - ttlUs)),
      ],
    };
  }

  checksums(after: string | null, through: string | null) {
    const name = bytes(this.#service);
    return {
      text:
        `SELECT ${name}, ${checksumColumns(this.#hash)} ${this.#from}` +
        (after === null ? '' : ` AND ${name} > CAST(? AS BINARY)`) +
        (through === null ? '' : ` AND ${name} <= CAST(? AS BINARY)`) +
        ` GROUP BY ${name}`,
      values: [after, through].filter((bound) => bound !== null),
    };
  }

  /** A row without a service belongs to none. The line break ends a comment that `where` may end in. */
  #condition(): string {
    const { where } = this.#schema.spec;
    return `${where === undefined ? '' : `(${where}\n) AND `}${this.#service} IS NOT NULL`;
  }

  #columns(): string {
    const { spec, updatedAtKind } = this.#schema;
    const { columns } = spec;
    const optional = (name: string | undefined): string =>
      name === undefined ? 'NULL' : text(quoteName(name));
    const [ttl, deadline] = this.#leaseOfRow();
    const updatedAt =
      columns.updatedAt === undefined || updatedAtKind === null
        ? '0'
        : `IFNULL(${this.#us(quoteName(columns.updatedAt), updatedAtKind)}, 0)`;
    return [
      'NULL',
      text(this.#service),
      text(this.#instanceId),
      optional(columns.address),
      optional(columns.port),
      optional(columns.weight),
      optional(columns.region),
      optional(columns.zone),
      this.#status(),
      optional(columns.metadata),
      ttl,
      deadline,
      '0',
      updatedAt,
      this.#hash,
    ].join(', ');
  }

  #status(): string {
    const { columns, statusValues } = this.#schema.spec;
    if (columns.status === undefined) return `'UP'`;
    const column = text(quoteName(columns.status));
    if (statusValues === undefined) return column;
    const when = (values: readonly string[] | undefined, status: string): string =>
      (values ?? [])
        .map(
          (value) => ` WHEN ${bytes(quoteName(columns.status ?? ''))} = ${literal(value)} THEN '${status}'`,
        )
        .join('');
    // A value that is none of them stays what it is, and is rejected with its name.
    const cases =
      when(statusValues.up, 'UP') + when(statusValues.draining, 'DRAINING') + when(statusValues.down, 'DOWN');
    return cases === '' ? column : `CASE${cases} ELSE CONCAT('unmapped value ', ${column}) END`;
  }

  /** Expressions for the lease's length and deadline; NULL in the column means that the row is static. */
  #leaseOfRow(): [string, string] {
    const lease = this.#lease();
    if (lease === null) return ['NULL', 'NULL'];
    const { column, kind, ttlUs } = lease;
    const { ttlMs } = this.#schema;
    const deadline = `IFNULL(${this.#us(column, kind)} + ${ttlUs}, -1)`;
    return [
      ttlMs === null ? 'NULL' : `IF(${column} IS NULL, NULL, ${ttlMs})`,
      `IF(${column} IS NULL, NULL, ${deadline})`,
    ];
  }

  #leaseColumns({ column, kind, ttlUs }: Lease): string {
    return `SELECT ${text(this.#service)}, ${text(this.#instanceId)}, NULL, ${this.#us(column, kind)} + ${ttlUs}, 0`;
  }

  #lease(): Lease | null {
    const { spec, leaseKind: kind, ttlMs } = this.#schema;
    const { expiresAt, lastHeartbeat } = spec.columns;
    if (kind === null) return null;
    if (expiresAt !== undefined) return { column: quoteName(expiresAt), kind, ttlUs: 0 };
    return lastHeartbeat === undefined
      ? null
      : { column: quoteName(lastHeartbeat), kind, ttlUs: (ttlMs ?? 0) * 1000 };
  }

  /** Times that mean "never" (9999-12-31, 2^63) are cut off, so that they stay exact numbers and no row's time fails the whole read. */
  #us(column: string, kind: TimeKind): string {
    const unit = this.#perUnit();
    switch (kind) {
      case 'number':
        return `CAST(LEAST(GREATEST(${column} * 1.0, -1), ${LATEST_US / unit}) * ${unit} AS SIGNED)`;
      case 'timestamp':
        return microseconds(column);
      case 'datetime':
        return `LEAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', CONVERT_TZ(${column}, ${literal(this.#zone())}, '+00:00')), ${LATEST_US})`;
      default:
        return kind satisfies never;
    }
  }

  /** A moment as the column has them: constants are converted, never the column, so that its index serves. */
  #moment(kind: TimeKind): string {
    return kind === 'number' ? '?' : this.#momentOf(kind, '?');
  }

  /** The same of an expression in microseconds. The factor is a decimal: a division keeps four digits only. */
  #momentOf(kind: TimeKind, us: string): string {
    if (kind === 'number') return `${us} * ${DECIMAL_PER_US[this.#unit()]}`;
    return kind === 'timestamp'
      ? moment(us)
      : `CONVERT_TZ(${moment(us)}, '+00:00', ${literal(this.#zone())})`;
  }

  #momentValues(kind: TimeKind, us: number): unknown[] {
    const positive = Math.max(0, us);
    return [kind === 'number' ? positive / this.#perUnit() : positive];
  }

  #perUnit(): number {
    return PER_UNIT[this.#unit()];
  }

  #unit(): keyof typeof PER_UNIT {
    return this.#schema.spec.timeUnit ?? 'Seconds';
  }

  #zone(): string {
    return this.#schema.spec.timeZone ?? '+00:00';
  }
}

interface Lease {
  readonly column: string;
  readonly kind: TimeKind;
  readonly ttlUs: number;
}

function orNull(column: string | undefined): string {
  return column === undefined ? 'NULL' : quoteName(column);
}

/** A text of the Registry as a constant whose bytes are what was written: no character of it can end the constant. */
function literal(value: string): string {
  return `CAST(X'${Buffer.from(value, 'utf8').toString('hex')}' AS CHAR CHARACTER SET utf8mb4)`;
}
