import assert from 'node:assert/strict';
import { retiredKeys } from '../../../src/registry/retired-keys.ts';
import { Interner, parseRow } from '../../../src/registry/rows.ts';
import type { Grace } from '../../../src/registry/snapshot.ts';
import { RegistryStore } from '../../../src/registry/store.ts';
import { aRow } from '../../support/raw-rows.ts';

const SECOND_US = 1_000_000;
const NOW_US = 1000 * SECOND_US;
const RETENTION_MS = 10_000;

describe('rows whose retention is over', () => {
  const leased = { ttlMs: 60_000, expiresAtUs: NOW_US - 20 * SECOND_US };
  const cases: readonly {
    name: string;
    row: Parameters<typeof aRow>[0];
    grace?: Grace;
    isRetired: boolean;
  }[] = [
    { name: 'expired for longer', row: leased, isRetired: true },
    {
      name: 'expired for less',
      row: { ...leased, expiresAtUs: NOW_US - 5 * SECOND_US },
      isRetired: false,
    },
    {
      name: 'kept alive by a grace',
      row: leased,
      grace: { sinceUs: NOW_US - 30 * SECOND_US, fromUs: NOW_US - 15 * SECOND_US },
      isRetired: false,
    },
    {
      name: 'whose grace ended less than the retention ago',
      row: { ...leased, ttlMs: 10_000 },
      grace: { sinceUs: NOW_US - 30 * SECOND_US, fromUs: NOW_US - 15 * SECOND_US },
      isRetired: false,
    },
    {
      name: 'expired before the grace began',
      row: leased,
      grace: { sinceUs: NOW_US - 15 * SECOND_US, fromUs: NOW_US },
      isRetired: true,
    },
    {
      name: 'DOWN for longer',
      row: { status: 'DOWN', updatedAtUs: NOW_US - 11 * SECOND_US },
      isRetired: true,
    },
    { name: 'DOWN for less', row: { status: 'DOWN', updatedAtUs: NOW_US - 9 * SECOND_US }, isRetired: false },
    { name: 'rejected for longer', row: { port: 0, updatedAtUs: NOW_US - 11 * SECOND_US }, isRetired: true },
    { name: 'static and UP', row: { updatedAtUs: 0 }, isRetired: false },
  ];
  for (const { name, row, grace, isRetired } of cases) {
    it(`${isRetired ? 'are' : 'are not'} those ${name}`, () => {
      const store = new RegistryStore();
      if (grace !== undefined) store.setGrace(grace, 0);
      const parsed = parseRow(aRow(row), NOW_US, new Interner());
      const read = { nowUs: NOW_US, changedAtUs: null, confirms: false, liveness: { mode: 'keep' } as const };
      store.put(store.merge('orders', [parsed], read));
      const keys = retiredKeys(store, RETENTION_MS, NOW_US);
      assert.deepEqual(
        keys.map(({ instanceId }) => instanceId),
        isRetired ? ['orders-1'] : [],
      );
    });
  }
});
