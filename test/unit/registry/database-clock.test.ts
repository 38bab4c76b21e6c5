import assert from 'node:assert/strict';
import { DatabaseClock } from '../../../src/registry/database-clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;

describe("the database's clock", () => {
  let clock: FakeClock;
  let database: DatabaseClock;

  beforeEach(() => {
    clock = new FakeClock();
    database = new DatabaseClock(clock);
    database.observe(100 * SECOND, clock.now());
  });

  it('goes on from the last answer, whatever the clock on the wall says', async () => {
    await clock.advance(2000);
    clock.wallStartMs -= 3_600_000;
    assert.equal(database.nowUs(), 102 * SECOND);
    assert.equal(database.msUntil(103 * SECOND), 1000);
  });

  it('stands still while it is frozen', async () => {
    database.freeze();
    await clock.advance(5000);
    assert.equal(database.nowUs(), 100 * SECOND);
    database.thaw();
    assert.equal(database.nowUs(), 105 * SECOND);
  });

  it('never goes back for an answer that was overtaken', async () => {
    await clock.advance(1000);
    const sentMs = clock.now();
    database.observe(101 * SECOND, sentMs);
    database.observe(100.5 * SECOND, sentMs);
    assert.equal(database.nowUs(), 101 * SECOND);
  });

  it('has jumped when an answer cannot be the same clock going on', async () => {
    const sentMs = clock.now();
    await clock.advance(30_000);
    for (const [nowUs, jumped] of [
      [130 * SECOND, false],
      [101 * SECOND, false],
      [131.5 * SECOND, false],
      [97 * SECOND, true],
      [133 * SECOND, true],
      [130 * SECOND + HOUR, true],
    ] as const)
      assert.equal(database.hasJumped(nowUs, sentMs), jumped, String(nowUs));
  });

  it('has jumped ahead when an answer is too new, but never when it was long under way', async () => {
    await clock.advance(30_000);
    assert.equal(database.hasJumpedAhead(100 * SECOND), false);
    assert.equal(database.hasJumpedAhead(130 * SECOND), false);
    assert.equal(database.hasJumpedAhead(133 * SECOND), true);
  });

  it('starts over from the answer of a clock that was set', () => {
    database.reset(20 * SECOND, clock.now());
    assert.equal(database.nowUs(), 20 * SECOND);
  });
});
