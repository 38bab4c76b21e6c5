import assert from 'node:assert/strict';
import { findBreak, type KnownServer } from '../../../src/registry/continuity.ts';
import { SINCE_UNKNOWN } from '../../../src/registry/grace.ts';

const SECOND = 1_000_000;
const known: KnownServer = { serverId: 'one', startedAtUs: 100 * SECOND, lastGoodUs: 500 * SECOND };
const state = { serverId: 'one', startedAtUs: 100 * SECOND, gtidsWentBack: false, nowUs: 501 * SECOND };
const nothing = { clockJumped: false, couldNotRead: false };

const cases = [
  { name: 'the same server goes on', answer: {}, seen: {}, reason: undefined },
  { name: 'its uptime is rounded otherwise', answer: { startedAtUs: 103 * SECOND }, reason: undefined },
  { name: 'another server answers', answer: { serverId: 'two' }, reason: 'ServerChanged' },
  { name: 'transactions are missing', answer: { gtidsWentBack: true }, reason: 'TransactionsWentBack' },
  { name: 'its process was started again', answer: { startedAtUs: 499 * SECOND }, reason: 'ServerRestarted' },
  { name: 'its clock was set', seen: { clockJumped: true }, reason: 'ClockJumped' },
  { name: 'it could not be read for a time', seen: { couldNotRead: true }, reason: 'Reconnected' },
] as const;

describe('whether a server carries on from what was known', () => {
  for (const { name, reason, ...given } of cases) {
    const answer: Partial<typeof state> = 'answer' in given ? given.answer : {};
    const seen: Partial<typeof nothing> = 'seen' in given ? given.seen : {};
    it(`${reason === undefined ? 'it does' : 'it does not'} when ${name}`, () => {
      const broken = findBreak(known, { ...state, ...answer }, { ...nothing, ...seen });
      assert.equal(broken?.reason, reason);
      if (reason !== undefined)
        assert.deepEqual(broken?.grace, { sinceUs: known.lastGoodUs, fromUs: state.nowUs });
    });
  }

  it('starts the time without beats now when the clock went back behind the last good answer', () => {
    const broken = findBreak(known, { ...state, nowUs: 200 * SECOND }, { ...nothing, clockJumped: true });
    assert.deepEqual(broken?.grace, { sinceUs: 200 * SECOND, fromUs: 200 * SECOND });
  });

  it('gives the first answer to a process a grace from the start of the server: long over, but for one that has just started', () => {
    const first = findBreak(null, state, nothing);
    assert.equal(first?.reason, 'Started');
    assert.equal(first.grace.sinceUs, SINCE_UNKNOWN);
    assert.ok(first.grace.fromUs <= state.startedAtUs + 3 * SECOND, String(first.grace.fromUs));
    const fresh = findBreak(null, { ...state, startedAtUs: state.nowUs }, nothing);
    assert.equal(fresh?.grace.fromUs, state.nowUs);
  });
});
