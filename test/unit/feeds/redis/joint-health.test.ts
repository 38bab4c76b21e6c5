import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type FeedPart, JointHealth } from '../../../../src/feeds/redis/joint-health.ts';
import { errorMessage, RetryableError, TerminalError } from '../../../../src/lib/errors.ts';

const pulse = { databaseUs: null, lagMs: 0, position: '' };

describe('the health of a Redis feed', () => {
  let said: string[];
  let health: JointHealth;
  beforeEach(() => {
    said = [];
    health = new JointHealth({
      healthy: () => void said.push('healthy'),
      unhealthy: (error) => void said.push(errorMessage(error)),
    });
  });

  it('is not good before both parts said that they are well', () => {
    health.healthy('link', pulse);
    assert.deepEqual(said, []);
    health.healthy('poll', pulse);
    assert.deepEqual(said, ['healthy']);
    health.healthy('link', pulse);
    assert.deepEqual(said, ['healthy', 'healthy'], 'every sign of life counts');
  });

  it('is bad while one part is, whatever the other says', () => {
    health.healthy('link', pulse);
    health.healthy('poll', pulse);
    health.unhealthy('poll', new Error('no database'));
    health.healthy('link', pulse);
    health.healthy('poll', pulse);
    assert.deepEqual(said, ['healthy', 'no database', 'healthy']);
  });

  it('names what is still wrong when the other part is well again, once', () => {
    health.unhealthy('link', new Error('no Redis'));
    health.unhealthy('poll', new Error('no database'));
    health.healthy('poll', pulse);
    health.healthy('poll', pulse);
    assert.deepEqual(said, ['no Redis', 'no database', 'no Redis']);
    health.healthy('link', pulse);
    assert.equal(said.at(-1), 'healthy');
  });

  it('ends with what is wrong when all has been said, in whatever order', () => {
    const part = fc.constantFrom<FeedPart>('link', 'poll');
    fc.assert(
      fc.property(fc.array(fc.tuple(part, fc.boolean())), (events) => {
        let last = '';
        const parts = new JointHealth({
          healthy: () => (last = 'healthy'),
          unhealthy: (error) => (last = errorMessage(error)),
        });
        const bad = new Set<string>();
        const both = [
          ['link', true],
          ['poll', true],
        ] as const;
        for (const [name, isWell] of [...both, ...events]) {
          if (isWell) {
            bad.delete(name);
            parts.healthy(name, pulse);
          } else {
            bad.add(name);
            parts.unhealthy(name, new Error(name));
          }
        }
        // With both of them bad either may be named.
        assert.ok(bad.size === 0 ? last === 'healthy' : bad.has(last), last);
      }),
    );
  });

  it('says that a subscription was lost, and for which reason', () => {
    const reasons: unknown[] = [];
    const parts = new JointHealth({
      healthy: () => undefined,
      unhealthy: (error) => reasons.push(error instanceof RetryableError && error.reason),
    });
    parts.lost(new Error('socket closed'));
    parts.lost(new RetryableError('moved', { reason: 'RedisMasterMoved' }));
    assert.deepEqual(reasons, ['RedisUnreachable', 'RedisMasterMoved']);
  });

  it('leaves what somebody has to mend as it is', () => {
    const fault = new TerminalError('RedisAccessDenied', 'type this');
    const errors: unknown[] = [];
    new JointHealth({ healthy: () => undefined, unhealthy: (error) => errors.push(error) }).lost(fault);
    assert.deepEqual(errors, [fault]);
  });
});
