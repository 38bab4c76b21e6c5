import assert from 'node:assert/strict';
import { XdsReports } from '../../../src/controller/xds-reports.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { anXdsReplica } from '../../support/grpc-services.ts';

const KEY = 'shop/orders';
const at = (minute: number): string => `2026-01-01T00:0${minute}:00Z`;

describe('what replicas say of xDS clients', () => {
  it('counts for three minutes after it was renewed last, by the clock of the leader alone', async () => {
    const clock = new FakeClock();
    const reports = new XdsReports(clock);
    // A replica whose clock is a day behind.
    const entry = (minute: number) => anXdsReplica({ observedTime: `2025-12-31T00:0${minute}:00Z` });
    const namesOf = (minute: number): readonly string[] =>
      reports.standing(KEY, [entry(minute)]).map(({ replica }) => replica);
    assert.deepEqual(namesOf(0), ['rollcall-1']);
    await clock.advance(179_000);
    assert.deepEqual(namesOf(0), ['rollcall-1']);
    assert.equal(reports.nextMs(KEY), 1000);
    assert.deepEqual(namesOf(1), ['rollcall-1'], 'renewed');
    assert.equal(reports.nextMs(KEY), 180_000);
    await clock.advance(180_000);
    assert.deepEqual(namesOf(1), []);
    assert.equal(reports.nextMs(KEY), null, 'nothing is waited for any more');
  });

  it('judges each replica by itself', async () => {
    const clock = new FakeClock();
    const reports = new XdsReports(clock);
    const [dead, alive] = [
      anXdsReplica({ replica: 'dead', observedTime: at(0) }),
      anXdsReplica({ replica: 'alive', observedTime: at(0) }),
    ];
    reports.standing(KEY, [dead, alive]);
    await clock.advance(100_000);
    reports.standing(KEY, [dead, { ...alive, observedTime: at(1) }]);
    await clock.advance(100_000);
    const left = reports.standing(KEY, [dead, { ...alive, observedTime: at(1) }]);
    assert.deepEqual(
      left.map(({ replica }) => replica),
      ['alive'],
    );
  });

  it('begins anew with a new term: what the leader before has seen is not known', async () => {
    const clock = new FakeClock();
    const reports = new XdsReports(clock);
    reports.standing(KEY, [anXdsReplica()]);
    await clock.advance(200_000);
    reports.forgetAll();
    assert.equal(reports.standing(KEY, [anXdsReplica()]).length, 1);
    reports.forget(KEY);
    assert.equal(reports.nextMs(KEY), null);
  });
});
