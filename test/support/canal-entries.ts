import { encodeMessage } from '../../src/feeds/canal/messages.ts';
import type { SourceTable } from '../../src/registry/source-table.ts';

/** A row: column -> value; null is NULL. */
export type CanalRow = Readonly<Record<string, string | null>>;

/** The table that the entries below are of. */
export const canalTable: SourceTable = {
  database: 'registry',
  table: 'instances',
  primaryKey: ['id'],
  serviceColumn: 'service',
  quietColumns: ['updated_at'],
};

interface Header {
  readonly offset?: number;
  readonly file?: string;
  readonly serverId?: number;
  readonly schema?: string;
  readonly table?: string;
}

const EVENT = { insert: 1, update: 2, delete: 3, truncate: 8, rename: 9, query: 7 } as const;
/** MySQL's types of the columns that are not texts. */
const TYPES: Readonly<Record<string, string>> = {
  id: 'bigint(20) unsigned',
  weight: 'int(11)',
  uid: 'binary(4)',
  uuid: 'uuid',
};

function header(eventType: number | undefined, fields: Header): Record<string, unknown> {
  const { offset = 100, file = 'binlog.000001', serverId = 1, schema, table } = fields;
  return {
    logfileName: file,
    logfileOffset: offset,
    serverId,
    executeTime: 1_700_000_000_000,
    schemaName: schema ?? canalTable.database,
    tableName: table ?? canalTable.table,
    ...(eventType === undefined ? {} : { eventType }),
  };
}

function columns(row: CanalRow, other: CanalRow): Record<string, unknown>[] {
  return Object.entries(row).map(([name, value]) => ({
    name,
    ...(value === null ? { isNull: true } : { value }),
    updated: other[name] !== value,
    mysqlType: TYPES[name] ?? 'varchar(253)',
  }));
}

/** An entry with rows, as canal-server encodes it. */
export function rowsEntry(
  type: 'insert' | 'update' | 'delete',
  rows: readonly { readonly before?: CanalRow; readonly after?: CanalRow }[],
  fields: Header & { readonly withoutTypes?: boolean; readonly sql?: string } = {},
): Uint8Array {
  const eventType = fields.withoutTypes ? undefined : EVENT[type];
  const rowDatas = rows.map(({ before = {}, after = {} }) => ({
    beforeColumns: columns(before, before),
    afterColumns: columns(after, before),
  }));
  const change = { rowDatas, sql: fields.sql ?? '', ...(eventType === undefined ? {} : { eventType }) };
  return encodeMessage('Entry', {
    header: header(eventType, fields),
    ...(fields.withoutTypes ? {} : { entryType: 2 }),
    storeValue: encodeMessage('RowChange', change),
  });
}

/** An entry for a statement that changed a table. */
export function ddlEntry(sql: string, eventType: number, fields: Header = {}): Uint8Array {
  return encodeMessage('Entry', {
    header: header(eventType, fields),
    entryType: 2,
    storeValue: encodeMessage('RowChange', { eventType, isDdl: true, sql }),
  });
}

/** The end of a transaction; with `xid`, of one that is prepared. */
export function endEntry(fields: Header & { readonly xid?: string } = {}): Uint8Array {
  const props =
    fields.xid === undefined
      ? []
      : [
          { key: 'XA_TYPE', value: 'XA END' },
          { key: 'XA_XID', value: ` ${fields.xid}` },
        ];
  return encodeMessage('Entry', {
    header: header(undefined, { ...fields, schema: '', table: '' }),
    entryType: 3,
    storeValue: encodeMessage('TransactionEnd', { props }),
  });
}

/** XA COMMIT or XA ROLLBACK, as canal-server encodes it. */
export function finishEntry(verb: 'COMMIT' | 'ROLLBACK', xid: string): Uint8Array {
  return encodeMessage('Entry', {
    header: header(verb === 'COMMIT' ? 13 : 14, { schema: '', table: '' }),
    entryType: 2,
    storeValue: encodeMessage('RowChange', { sql: `XA ${verb} ${xid}` }),
  });
}

/** A statement without a schema: what MariaDB writes before the rows of any table, or (`isDdl`) one that Canal cannot read. */
export function statementEntry(sql: string, isDdl = false, fields: Header = {}): Uint8Array {
  return encodeMessage('Entry', {
    header: header(EVENT.query, { ...fields, schema: '', table: '' }),
    entryType: 2,
    storeValue: encodeMessage('RowChange', { eventType: EVENT.query, isDdl, sql }),
  });
}
