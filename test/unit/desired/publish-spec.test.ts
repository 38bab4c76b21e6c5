import assert from 'node:assert/strict';
import { publishSpec } from '../../../src/desired/publish-spec.ts';
import { aGrpcService } from '../../support/grpc-services.ts';

const RELEASE = 'rollcall.dev/release-held';

describe('what a GrpcService asks for', () => {
  it('is filled in with the defaults of the CRD', () => {
    assert.deepEqual(publishSpec(aGrpcService()), {
      service: 'orders',
      selector: null,
      port: 50051,
      protection: { mode: 'Hold', minAvailablePercent: 50, forgetAfterMs: 600_000, releaseHeldUs: null },
      paused: false,
      dns: {
        enabled: true,
        serviceName: 'orders',
        appProtocol: 'grpc',
        labels: {},
        annotations: {},
        addressTypes: ['IPv4', 'IPv6'],
        adoption: 'Never',
      },
      problems: [],
    });
  });

  it('is taken as it is written', () => {
    const dns = {
      enabled: false,
      serviceName: 'orders-grpc',
      appProtocol: 'kubernetes.io/h2c',
      labels: { team: 'shop' },
      annotations: { note: 'x' },
      addressTypes: ['IPv6'],
      adoption: 'IfUnowned',
    } as const;
    const selector = { matchLabels: { version: '2' } };
    const publish = publishSpec(
      aGrpcService(
        {
          service: 'shop.Orders',
          selector,
          paused: true,
          protection: { mode: 'Off', minAvailablePercent: 0, forgetAfter: '1m30s' },
          dns,
        },
        { annotations: { [RELEASE]: '2026-01-31T12:00:00.123456Z' } },
      ),
    );
    assert.deepEqual(publish, {
      service: 'shop.Orders',
      selector,
      port: 50051,
      protection: {
        mode: 'Off',
        minAvailablePercent: 0,
        forgetAfterMs: 90_000,
        releaseHeldUs: Date.UTC(2026, 0, 31, 12) * 1000 + 123_456,
      },
      paused: true,
      dns,
      problems: [],
    });
  });

  it('releases nothing when the time of the annotation cannot be read, and says how to write one', () => {
    const publish = publishSpec(aGrpcService({}, { annotations: { [RELEASE]: 'now' } }));
    assert.equal(publish.protection.releaseHeldUs, null);
    assert.equal(publish.problems.length, 1);
    assert.match(
      publish.problems[0] ?? '',
      /rollcall\.dev\/release-held "now" is not a time: write one like/,
    );
  });

  it('keeps the default when forgetAfter cannot be read, and says so', () => {
    const publish = publishSpec(aGrpcService({ protection: { forgetAfter: 'ten minutes' } }));
    assert.equal(publish.protection.forgetAfterMs, 600_000);
    assert.match(publish.problems[0] ?? '', /forgetAfter "ten minutes" is not a duration/);
  });
});
