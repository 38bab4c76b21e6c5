import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CustomSchemaSpec } from '../../../src/model/registry.ts';
import { fillSql, readSql } from '../../../src/mysql/change-log/change-log-sql.ts';
import {
  customTable,
  logTriggers,
  managedTable,
  TRIGGER_NAME,
} from '../../../src/mysql/change-log/triggers.ts';

const spec: CustomSchemaSpec = {
  table: 'hosts',
  columns: {
    service: 'svc',
    instanceId: 'name',
    address: 'addr',
    port: 'prt',
    lastHeartbeat: 'seen',
    updatedAt: 'upd',
  },
};
const ALL = ['svc', 'name', 'addr', 'prt', 'seen', 'upd', 'gone', 'note', 'odd`name'];
const watched = (where?: string): readonly string[] =>
  customTable(where === undefined ? spec : { ...spec, where }, { database: 'd', table: 'hosts' }, ALL)
    .watchedColumns;

describe('the triggers of a change log', () => {
  it('watch what the Registry names, but for beats and the time of the last update', () => {
    assert.deepEqual(watched(), ['svc', 'name', 'addr', 'prt']);
  });

  it('watch every column that `where` mentions, in any case and quoting, and no beat', () => {
    assert.deepEqual(watched('GONE = 0 AND `odd``name` > 1 AND seen > 5'), [
      ...['svc', 'name', 'addr', 'prt'],
      ...['gone', 'odd`name'],
    ]);
  });

  it('have other names when they do something else, and names that are told apart from those of others', () => {
    const names = (database: string): readonly string[] =>
      logTriggers(managedTable(database), database).map(({ name }) => name);
    assert.deepEqual(names('a'), names('a'));
    assert.equal(new Set([...names('a'), ...names('b')]).size, 6);
    for (const name of names('a')) assert.match(name, TRIGGER_NAME);
  });

  it('quote every name of the user, and fit into the longest name that a server takes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 64 }), (name) => {
        const table = { ...managedTable('d'), table: name, serviceColumn: name, watchedColumns: [name] };
        for (const trigger of logTriggers(table, 'd')) {
          assert.ok(trigger.name.length <= 64);
          const bare = trigger.statement.replaceAll(/`(?:[^`]|``)*`/g, '');
          assert.equal(bare.includes('`'), false);
          assert.equal(bare.split('INSERT INTO').length - 1, trigger.op === 'update' ? 4 : 2);
        }
      }),
    );
  });
});

describe('the statements on a change log', () => {
  it('read the place, what follows and the gaps in one, each range once', () => {
    const gaps = [
      { from: 3, to: 3, step: 1 },
      { from: 5, to: 8, step: 1 },
      { from: 10, to: 16, step: 3 },
    ];
    const { text, values } = readSql({ id: 20, atUs: 1 }, gaps, 10);
    assert.match(text, /UNION ALL/);
    assert.match(
      text,
      /\(`id` = \? OR `id` BETWEEN \? AND \? OR \(`id` BETWEEN \? AND \? AND `id` % 3 = 1\)\)/,
    );
    assert.deepEqual(values, [20, 3, 5, 8, 10, 16]);
    assert.doesNotMatch(readSql({ id: 20, atUs: 1 }, [], 10).text, /UNION/);
  });

  it('fill the ids of a gap and no other', () => {
    const ids = [...fillSql({ from: 4, to: 10, step: 3 }).text.matchAll(/\((\d+), ''/g)].map(([, id]) =>
      Number(id),
    );
    assert.deepEqual(ids, [4, 7, 10]);
  });
});
