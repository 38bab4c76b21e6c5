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
function conditionsOf(facts: Partial<RegistryFacts>): Readonly<Record<string, string>> {
  const { conditions = [] } = registryStatus(registry, { ...well, ...facts }, 2000);
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
});
