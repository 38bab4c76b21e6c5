import assert from 'node:assert/strict';
import { type RegistryFacts, registryStatus } from '../../../src/controller/registry-status.ts';
import type { Registry } from '../../../src/model/registry.ts';

const registry: Registry = {
  apiVersion: 'rollcall.dev/v1alpha1',
  kind: 'Registry',
  metadata: { name: 'main', namespace: 'ops', generation: 1 },
  spec: { mysql: { host: 'db', database: 'registry', credentialsSecretRef: { name: 'login' } } },
};

const well: RegistryFacts = {
  fault: null,
  health: { available: true, needsHelp: false, reason: 'Connected', message: 'The registry is read.' },
  feed: { active: 'Poll', healthy: true, reason: 'Following', message: 'The feed follows.', sinceMs: 0 },
  server: { flavor: 'MariaDB', version: '10.11' },
  retentionFault: null,
  services: 1,
  instances: 2,
  lastReadMs: 1000,
};

/** type=status reason: message. */
function conditionsOf(
  facts: Partial<RegistryFacts>,
  of: Registry = registry,
): Readonly<Record<string, string>> {
  const { conditions = [] } = registryStatus(of, { ...well, ...facts }, 2000);
  return Object.fromEntries(
    conditions.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
  );
}

describe('the status of a Registry', () => {
  it('tells of rows that may not be deleted where people look, and turns no condition for it', () => {
    const { Connected, Ready } = conditionsOf({ retentionFault: 'GRANT DELETE ON ...' });
    assert.equal(
      Connected,
      'True Connected: The registry is read. Rows that spec.retention lets go could not be deleted: GRANT DELETE ON ...',
    );
    assert.equal(Ready, 'True Synced: The registry is read and followed.');
  });

  it('says why a registry cannot be read, and nothing else then', () => {
    const health = { available: false, needsHelp: true, reason: 'AccessDenied', message: 'GRANT ...' };
    const { Connected } = conditionsOf({ health, retentionFault: 'GRANT DELETE ON ...' });
    assert.equal(Connected, 'False AccessDenied: GRANT ...');
  });

  describe('whose feed cannot follow', () => {
    const message = 'log_bin is OFF. Meanwhile Poll follows the registry.';
    const feed = { active: 'Poll', healthy: false, reason: 'BinlogOff', message, sinceMs: 0 };
    const binlog: Registry = { ...registry, spec: { ...registry.spec, feed: { type: 'Binlog' } } };

    it('stays ready, as Poll serves, and says so in its reason', () => {
      const { Ready, FeedHealthy } = conditionsOf({ feed }, binlog);
      assert.equal(FeedHealthy, `False BinlogOff: ${message}`);
      assert.equal(
        Ready,
        `True FeedUnhealthy: The registry is read, and changes may come later than by the feed (BinlogOff): ${message}`,
      );
    });

    it('stays ready in the time before Poll takes over: one fault must not turn it twice', () => {
      const { Ready } = conditionsOf({ feed: { ...feed, active: 'Binlog' } }, binlog);
      assert.match(Ready ?? '', /^True FeedUnhealthy: /);
    });

    it('is not ready where nothing stands behind it: Poll itself, a failing audit, a registry that is away', () => {
      const auditFails = { ...feed, auditFails: true };
      const health = { available: false, needsHelp: false, reason: 'HostUnreachable', message: 'No answer.' };
      assert.equal(conditionsOf({ feed }).Ready, `False BinlogOff: ${message}`);
      assert.equal(conditionsOf({ feed: auditFails }, binlog).Ready, `False BinlogOff: ${message}`);
      assert.equal(conditionsOf({ feed, health }, binlog).Ready, 'False HostUnreachable: No answer.');
      assert.match(conditionsOf({ feed: null }, binlog).Ready ?? '', /^Unknown NotStarted: /);
    });
  });
});
