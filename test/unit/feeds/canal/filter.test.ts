import assert from 'node:assert/strict';
import fc from 'fast-check';
import { filterOf } from '../../../../src/feeds/canal/filter.ts';

describe('the filter of a Canal subscription', () => {
  it('is one regular expression that the name of the table matches, whatever is in it', () => {
    const name = fc.string({ unit: 'grapheme-ascii', minLength: 1 });
    fc.assert(
      fc.property(name, name, (database, table) => {
        const filter = filterOf({ database, table });
        assert.doesNotMatch(filter, /,/);
        assert.match(`${database}.${table}`, new RegExp(`^(?:${filter})$`));
      }),
    );
  });

  it('lets no other table through', () => {
    const filter = new RegExp(`^(?:${filterOf({ database: 'registry', table: 'in.stances' })})$`);
    for (const other of [
      'registry.instances',
      'registry.in.stances2',
      'xregistry.in.stances',
      'registryxin.stances',
    ])
      assert.doesNotMatch(other, filter);
  });
});
