import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { systemClock } from '../../src/lib/clock.ts';
import { migrate } from '../../src/mysql/migrations/migrate.ts';
import { checkout } from '../support/manifests.ts';
import { needs, testbed, type TestDatabase } from '../support/testbed/index.ts';

/** The statements of docs/sql.md by who runs them, in their order. */
function statements(of: 'admin' | 'writer' | 'indexes' | 'legacy'): string[] {
  const page = readFileSync(join(checkout, 'docs/sql.md'), 'utf8');
  return [...page.matchAll(/^```sql (\w+)\n(.*?)^```/gms)]
    .filter(([, who]) => who === of)
    .flatMap(([, , text = '']) => text.split(/;\s*\n/))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

for (const flavor of ['mariadb', 'mysql'] as const) {
  describe(`the statements of docs/sql.md on ${flavor}`, function () {
    this.timeout(60_000);
    let database: TestDatabase;
    let writer: Connection;
    const users = ['registry_owner', 'rollcall', 'orders'];

    before(async function () {
      needs(this, flavor);
      database = await testbed.database('docs', flavor);
      for (const statement of statements('admin')) {
        await database.query(statement.replace('ON rollcall.*', `ON ${database.name}.*`));
      }
      await migrate(
        {
          target: {
            host: database.server.address,
            port: database.server.port,
            database: database.name,
            tls: 'Disabled',
          },
          access: { username: 'registry_owner', password: 'change-me-1' },
          clock: systemClock,
          lockTimeoutMs: 5000,
        },
        () => undefined,
        AbortSignal.timeout(30_000),
      );
      writer = await connect('orders', 'change-me-3');
    });

    after(async () => {
      await writer.end();
      for (const user of users) await database.query(`DROP USER '${user}'@'%'`);
      await database.drop();
    });

    const connect = async (user: string, password: string): Promise<Connection> =>
      await createConnection({
        host: database.server.address,
        port: database.server.port,
        database: database.name,
        user,
        password,
      });

    const instance = async (id: string) => {
      const [row] = await database.query(
        `SELECT i.*, h.expires_at > NOW(6) + INTERVAL 25 SECOND AND h.expires_at < NOW(6) + INTERVAL 31 SECOND AS beats
         FROM instances i LEFT JOIN heartbeats h ON h.instance = i.id WHERE instance_id = ?`,
        [id],
      );
      return row;
    };

    it('register, beat, drain, leave: a writer with the grants of the page can run them all', async () => {
      const [zone = '', register = '', beat = '', drain = '', leave = '', still = '', ...more] =
        statements('writer');
      assert.deepEqual(more, []);
      await writer.query(zone);
      await writer.query(register);
      await writer.query(beat);
      const registered = await instance('orders-1');
      assert.equal(registered?.status, 'UP');
      assert.equal(registered.address, '10.0.0.5');
      assert.equal(Number(registered.beats), 1);

      await writer.query(drain);
      assert.equal((await instance('orders-1'))?.status, 'DRAINING');
      await writer.query(leave);
      assert.equal((await instance('orders-1'))?.status, 'DOWN');

      await writer.query(register);
      await writer.query(beat);
      const again = await instance('orders-1');
      assert.deepEqual([again?.status, again?.id, Number(again?.beats)], ['UP', registered.id, 1]);

      await writer.query(still);
      assert.equal((await instance('ldap-1'))?.ttl_ms, null);
    });

    it('registering again what is there already is no change that a poll would see', async () => {
      const [, register = ''] = statements('writer');
      await writer.query(register);
      const before = await instance('orders-1');
      await writer.query(register);
      assert.deepEqual((await instance('orders-1'))?.updated_at, before?.updated_at);
    });

    it('a writer can delete nothing, and the operator can write nothing but delete', async () => {
      await assert.rejects(writer.query('DELETE FROM instances'), /DELETE command denied/);
      const operator = await connect('rollcall', 'change-me-2');
      try {
        const [rows] = await operator.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM instances');
        assert.equal(Number(rows[0]?.n), 2);
        await assert.rejects(operator.query(`UPDATE instances SET status = 'UP'`), /UPDATE command denied/);
        await operator.query(
          `DELETE i, h FROM instances i LEFT JOIN heartbeats h ON h.instance = i.id WHERE i.id = 0`,
        );
      } finally {
        await operator.end();
      }
    });

    it('an index that somebody dropped can be made again, just as it was', async () => {
      for (const statement of statements('indexes')) {
        const [, table = '', key = ''] = /^ALTER TABLE (\w+) ADD (?:UNIQUE )?KEY (\w+)/.exec(statement) ?? [];
        const definition = async () => {
          const [row] = await database.query<Record<string, string>>(`SHOW CREATE TABLE ${table}`);
          // Keys are shown in the order in which they were made.
          return (row?.['Create Table'] ?? '').split(/,?\n/).sort();
        };
        const before = await definition();
        await database.query(`ALTER TABLE ${table} DROP KEY ${key}`);
        assert.notDeepEqual(await definition(), before);
        await database.query(statement);
        assert.deepEqual(await definition(), before);
      }
    });

    it('the table of the Custom example can be made', async () => {
      for (const statement of statements('legacy')) await database.query(statement);
    });
  });
}
