import assert from 'node:assert/strict';
import type { CustomColumns } from '../../../../src/model/registry.ts';
import {
  customIndexProblems,
  managedIndexProblems,
  type IndexedTable,
} from '../../../../src/mysql/examine/wanted-indexes.ts';

const table = (
  name: string,
  indexes: Readonly<Record<string, readonly string[]>>,
  ...longColumns: readonly string[]
): IndexedTable => ({
  ...{ database: 'r`x', table: name },
  ...{ indexes: new Map(Object.entries(indexes)), longColumns: new Set(longColumns) },
});
const instances = table('instances', { service_instance: ['service'], updated_at: ['updated_at'] });

describe('the indexes of our own tables', () => {
  it('are told by name, each with the statement that makes it', () => {
    assert.deepEqual(
      managedIndexProblems([instances, table('heartbeats', { expires_at: ['expires_at'] })]),
      [],
    );
    const found = managedIndexProblems([table('instances', { other: ['service'] }), table('heartbeats', {})]);
    assert.deepEqual(
      found.map(({ mend }) => mend),
      [
        'ALTER TABLE `r``x`.`instances` ADD UNIQUE KEY `service_instance` (`service`, `instance_id`);',
        'ALTER TABLE `r``x`.`instances` ADD KEY `updated_at` (`updated_at`, `id`);',
        'ALTER TABLE `r``x`.`heartbeats` ADD KEY `expires_at` (`expires_at`);',
      ],
    );
    for (const { reason, stops, message, mend = '-' } of found) {
      assert.deepEqual([reason, stops], ['IndexNotFound', undefined]);
      assert.ok(message.endsWith(mend));
    }
  });

  it('are not asked of a table that is not there', () => {
    assert.deepEqual(managedIndexProblems([instances]), []);
  });
});

describe("the indexes of a user's table", () => {
  const columns: CustomColumns = { service: 'Svc', instanceId: 'host', address: 'ip', port: 'port' };
  const mends = (more: Partial<CustomColumns>, of: IndexedTable) =>
    customIndexProblems({ table: 'servers', columns: { ...columns, ...more } }, of).map(({ mend }) => mend);

  it('begin with what the reads ask for, whatever else is in them', () => {
    const good = table('servers', { PRIMARY: ['svc', 'host'], b: ['beat'], c: ['changed', 'svc'] });
    assert.deepEqual(mends({ lastHeartbeat: 'Beat', updatedAt: 'changed' }, good), []);
    assert.deepEqual(mends({}, good), []);
  });

  it('are missing where an index only ends with the column', () => {
    assert.deepEqual(
      mends({ expiresAt: 'until', updatedAt: 'changed' }, table('servers', { i: ['host', 'svc', 'until'] })),
      [
        'CREATE INDEX `rollcall_Svc` ON `r``x`.`servers` (`Svc`, `host`);',
        'CREATE INDEX `rollcall_until` ON `r``x`.`servers` (`until`);',
        'CREATE INDEX `rollcall_changed` ON `r``x`.`servers` (`changed`);',
      ],
    );
  });

  it('take a part of a text that is too long for one', () => {
    assert.deepEqual(mends({}, table('servers', {}, 'svc')), [
      'CREATE INDEX `rollcall_Svc` ON `r``x`.`servers` (`Svc`(191), `host`);',
    ]);
  });

  it('are advice, and nothing that keeps the table from being read', () => {
    const [problem] = customIndexProblems({ table: 'servers', columns }, table('servers', {}));
    assert.deepEqual([problem?.reason, problem?.stops], ['IndexMissing', false]);
  });
});
