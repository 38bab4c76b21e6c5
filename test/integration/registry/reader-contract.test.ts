import { systemClock } from '../../../src/lib/clock.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { registryReaderContract } from '../../contract/registry-reader.ts';
import type { WrittenFields } from '../../contract/registry-reader-bench.ts';
import { killConnections, migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { testbed } from '../../support/testbed/index.ts';

onEachDatabase('the contract of readers', (flavor) => {
  registryReaderContract(flavor, async () => {
    const database = await testbed.database('reader', flavor);
    const target = targetOf(database.server, database.name);
    await migrated(target);
    const proxy = await TcpProxy.start(target);
    const reader = new MysqlRegistryReader({
      ...{ clock: systemClock, random: Math.random, custom: null, maxReplicaLagMs: 10_000 },
      target: { ...target, ...proxy.address },
      access: () => Promise.resolve(root),
    });
    const { query } = database;
    const named = 'service = ? AND instance_id = ?';
    return {
      reader,
      put: async (service, instanceId, fields = {}) => {
        const columns = columnsOf(fields);
        const [known] = await query(`SELECT 1 FROM instances WHERE ${named}`, [service, instanceId]);
        const key = { service, instance_id: instanceId, address: '10.1.0.1', port: 50051 };
        if (known === undefined) await query('INSERT INTO instances SET ?', [{ ...key, ...columns }]);
        else await query(`UPDATE instances SET ? WHERE ${named}`, [columns, service, instanceId]);
        if (fields.updatedAtUs === undefined) return;
        const seconds = fields.updatedAtUs / 1_000_000;
        await query(`UPDATE instances SET updated_at = FROM_UNIXTIME(?) WHERE ${named}`, [
          ...[seconds, service, instanceId],
        ]);
      },
      remove: async (service, instanceId) => {
        await query(`DELETE FROM instances WHERE ${named}`, [service, instanceId]);
      },
      beat: async (service, instanceId, ms) => {
        await query(
          `REPLACE INTO heartbeats SELECT id, NOW(6) + INTERVAL ? MICROSECOND FROM instances WHERE ${named}`,
          [ms * 1000, service, instanceId],
        );
      },
      // As a restored backup has it: the same server, another registry in it.
      replaceServer: async () => {
        await query(`UPDATE registry_meta SET value = UUID() WHERE name = 'epoch'`);
        await killConnections(database);
      },
      cut: () => proxy.cut(),
      mend: () => proxy.mend(),
      close: async () => {
        reader.close();
        await proxy.close();
        await database.drop();
      },
    };
  });
});

function columnsOf({ ttlMs, address, port, weight, zone, status, metadata }: WrittenFields): object {
  const columns = { ttl_ms: ttlMs, address, port, weight, zone, status, metadata };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}
