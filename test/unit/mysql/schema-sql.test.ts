import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CustomSchemaSpec } from '../../../src/model/registry.ts';
import { customSql, type ResolvedCustomSchema } from '../../../src/mysql/custom-sql.ts';
import { deleteRetiredSql, managedSql } from '../../../src/mysql/managed-sql.ts';
import { partClock, type SchemaSql, withClock } from '../../../src/mysql/schema-sql.ts';
import { quoteName } from '../../../src/mysql/sql-text.ts';

const withoutTimes = {
  service: 'svc',
  instanceId: 'inst',
  address: 'addr',
  port: 'prt',
  weight: 'wgt',
  region: 'reg',
  zone: 'zn',
  status: 'stat',
  metadata: 'meta',
};
const columns = { ...withoutTimes, expiresAt: 'exp', updatedAt: 'upd' };
const schema = (spec: Partial<CustomSchemaSpec> = {}, kinds: Partial<ResolvedCustomSchema> = {}): SchemaSql =>
  customSql({
    spec: { table: 'db.tbl', columns, ...spec },
    ttlMs: 3000,
    leaseKind: 'timestamp',
    updatedAtKind: 'datetime',
    ...kinds,
  });

/** All statements of a schema, as made for these names. */
function statements(sql: SchemaSql, name: string) {
  return [
    sql.readAll(),
    sql.readServices([name, 'x'], { leases: true }),
    sql.readServices([name], { leases: false }),
    sql.changedSince(5),
    sql.expiredSince(1),
    sql.leases([{ service: name, instanceId: name, id: 7 }], null),
    sql.leases([{ service: name, instanceId: name, id: 7 }], 9),
    sql.checksums(null, null),
    sql.checksums(name, null),
    sql.checksums(name, name),
  ].filter((statement) => statement !== null);
}

/** Placeholders outside of quoted names and constants. */
function placeholders(text: string): number {
  return text.replaceAll(/`(?:[^`]|``)*`|'[^']*'/g, '').split('?').length - 1;
}

describe('the SQL of a schema', () => {
  const schemas = {
    Managed: () => managedSql,
    Custom: () => schema({ where: 'deleted = 0', timeZone: '+02:00' }),
  };
  for (const [name, make] of Object.entries(schemas)) {
    it(`of type ${name} takes every value as a parameter`, () => {
      fc.assert(
        fc.property(fc.string({ minLength: 3 }), (value) => {
          const plain = statements(make(), 'plain');
          for (const [index, { text, values }] of statements(make(), value).entries()) {
            assert.equal(text, plain[index]?.text, 'a value is in the text');
            assert.equal(placeholders(text), values.length, text);
          }
        }),
      );
    });
  }

  it('quotes every name, so that none ends its quotation', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        const quoted = quoteName(name);
        assert.match(quoted, /^`(?:[^`]|``)*`$/s);
        assert.equal(quoted.slice(1, -1).replaceAll('``', '`'), name);
      }),
    );
  });

  it('keeps status values and time zones from ending their constants', () => {
    const evil = `'; DROP TABLE x; -- `;
    for (const { text } of statements(schema({ statusValues: { up: [evil] }, timeZone: evil }), 'a')) {
      assert.ok(!text.includes('DROP'), text);
    }
  });

  it('leaves a comment at the end of `where` without effect on the rest', () => {
    const { text } = schema({ where: 'a = 1 -- mine' }).readAll();
    assert.match(text, /\(a = 1 -- mine\n\) AND `svc` IS NOT NULL$/);
  });

  it('compares bare columns, so that their indexes serve', () => {
    for (const kind of ['timestamp', 'datetime', 'number'] as const) {
      const sql = schema({}, { leaseKind: kind, updatedAtKind: kind });
      assert.match(sql.changedSince(1)?.text ?? '', /AND `upd` >= /);
      assert.match(sql.expiredSince(1)?.text ?? '', /AND `exp` > .* AND `exp` <= /s);
    }
    assert.match(managedSql.changedSince(1)?.text ?? '', /WHERE i\.`updated_at` >= /);
    assert.match(
      managedSql.expiredSince(1)?.text ?? '',
      /WHERE h\.`expires_at` > .* AND h\.`expires_at` <= /s,
    );
  });

  it('tells the clock in one row of an answer, in whatever place it comes', () => {
    const { text, values } = withClock({ text: 'SELECT a, b, c, d, e FROM t WHERE d > ?', values: [7] }, 5);
    assert.match(
      text,
      /^SELECT NULL, NULL, NULL, CAST\(.*NOW\(6\).*\), NULL UNION ALL SELECT a, b, c, d, e FROM t/,
    );
    assert.deepEqual(values, [7]);
    const lease = ['', '1', 7, 99, 0];
    const clock = [null, null, null, 123, null];
    for (const rows of [
      [clock, lease],
      [lease, clock],
    ])
      assert.deepEqual(partClock(rows), { nowUs: 123, rows: [lease] });
    assert.throws(() => partClock([lease]), /no clock/);
  });

  it('measures a beat by its TTL, in the unit of the column', () => {
    const beats = { ...withoutTimes, lastHeartbeat: 'beat' };
    const sql = schema({ columns: beats, timeUnit: 'Milliseconds' }, { leaseKind: 'number' });
    assert.deepEqual(sql.expiredSince(10_000_000)?.values, [7000]);
    assert.match(sql.expiredSince(10_000_000)?.text ?? '', /`beat` <= \(.* - 3000000\) \* 0\.001$/);
  });

  it('of a schema without leases or times has no statements for them', () => {
    const sql = schema({ columns: withoutTimes }, { leaseKind: null, updatedAtKind: null });
    assert.deepEqual([sql.changedSince(1), sql.expiredSince(1), sql.leases([], null)], [null, null, null]);
  });

  it('deletes by primary key only', () => {
    const { text, values } = deleteRetiredSql([{ service: 'a', instanceId: 'b', id: 7 }], 5);
    assert.match(text, /WHERE i\.`id` IN \(\?\) AND \(/);
    assert.deepEqual(values, [[7], 5, 5, 5]);
  });
});
