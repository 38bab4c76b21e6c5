import assert from 'node:assert/strict';
import type { KubeObject } from '../../../src/model/kube-objects.ts';
import { claimWinner } from '../../../src/slices/claim.ts';
import { aGrpcService } from '../../support/grpc-services.ts';

const claimant = (uid: string, creationTimestamp: string): ReturnType<typeof aGrpcService> =>
  aGrpcService({}, { name: uid, uid, creationTimestamp });

describe('the GrpcService that gets a Service name', () => {
  const old = claimant('c', '2025-12-31T23:59:59Z');
  const young = claimant('a', '2026-01-01T00:00:00Z');

  it('is the oldest, in whatever order they are seen', () => {
    assert.equal(claimWinner([young, old]), old);
    assert.equal(claimWinner([old, young]), old);
  });

  it('is the one with the smaller UID of those created in one second', () => {
    const twin = claimant('b', '2026-01-01T00:00:00Z');
    assert.equal(claimWinner([twin, young]), young);
    assert.equal(claimWinner([young, twin]), young);
  });

  it('is the only one, or none', () => {
    assert.equal(claimWinner([young]), young);
    assert.equal(claimWinner<KubeObject>([]), undefined);
  });
});
