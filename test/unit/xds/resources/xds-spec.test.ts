import assert from 'node:assert/strict';
import type { GrpcService, XdsServiceSpec } from '../../../../src/model/grpcservice.ts';
import { xdsSpec, type XdsSpec } from '../../../../src/xds/resources/xds-spec.ts';
import { crdSchema, withDefaults } from '../../../support/crds.ts';
import { aGrpcService } from '../../../support/grpc-services.ts';

const specOf = (xds: XdsServiceSpec): XdsSpec => xdsSpec(aGrpcService({ xds }));

describe('what a GrpcService asks of xDS clients', () => {
  it('is the plainest that there is when it asks for nothing', () => {
    assert.deepEqual(xdsSpec(aGrpcService()), {
      loadBalancing: { policy: 'RoundRobin' },
      locality: { mode: 'None', failoverRegions: [], minReadyEndpoints: 1 },
      outlierDetection: null,
      maxRequests: null,
      retry: null,
      timeoutMs: null,
      problems: [],
    });
  });

  const bare: Readonly<Record<string, XdsServiceSpec>> = {
    'nothing in particular': {},
    'least request': { loadBalancing: { policy: 'LeastRequest', leastRequest: {} } },
    'a ring': { loadBalancing: { policy: 'RingHash', ringHash: {} } },
    'all the rest': {
      loadBalancing: {},
      locality: {},
      outlierDetection: { successRate: {}, failurePercentage: {} },
      retry: { backoff: {} },
    },
  };
  for (const [name, xds] of Object.entries(bare)) {
    it(`has the defaults of the CRD: ${name}`, () => {
      const given = aGrpcService({ xds });
      const stored = withDefaults(crdSchema('grpcservices'), given) as GrpcService;
      assert.deepEqual(xdsSpec(stored), xdsSpec(given));
    });
  }

  it('is taken as it is written', () => {
    const spec = specOf({
      loadBalancing: { policy: 'LeastRequest', leastRequest: { choiceCount: 5 } },
      locality: { mode: 'PreferSameZone', failoverRegions: ['eu-2'], minReadyEndpoints: 3 },
      outlierDetection: {
        interval: '1s',
        baseEjectionTime: '2s',
        maxEjectionTime: '1m',
        maxEjectionPercent: 50,
        successRate: { stdevFactor: 1, enforcementPercent: 2, minimumHosts: 3, requestVolume: 4 },
        failurePercentage: { threshold: 5, enforcementPercent: 6, minimumHosts: 7, requestVolume: 8 },
      },
      circuitBreaker: { maxRequests: 9 },
      retry: { attempts: 4, codes: ['Internal'], backoff: { base: '1s', max: '1m' } },
      timeout: '1m30s',
    });
    assert.deepEqual(spec, {
      loadBalancing: { policy: 'LeastRequest', choiceCount: 5 },
      locality: { mode: 'PreferSameZone', failoverRegions: ['eu-2'], minReadyEndpoints: 3 },
      outlierDetection: {
        intervalMs: 1000,
        baseEjectionTimeMs: 2000,
        maxEjectionTimeMs: 60_000,
        maxEjectionPercent: 50,
        successRate: { factor: 1, enforcementPercent: 2, minimumHosts: 3, requestVolume: 4 },
        failurePercentage: { factor: 5, enforcementPercent: 6, minimumHosts: 7, requestVolume: 8 },
      },
      maxRequests: 9,
      retry: { attempts: 4, codes: ['Internal'], baseMs: 1000, maxMs: 60_000 },
      timeoutMs: 90_000,
      problems: [],
    });
  });

  it('never asks for what clients refuse, even when it was stored before a rule', () => {
    const spec = specOf({
      loadBalancing: { policy: 'RingHash', ringHash: { minimumRingSize: 4096, maximumRingSize: 10 } },
      outlierDetection: { baseEjectionTime: '1h', maxEjectionTime: '1s', successRate: {} },
      retry: { backoff: { base: '1m', max: '1s' } },
    });
    assert.deepEqual(spec.loadBalancing, {
      policy: 'RingHash',
      header: null,
      minimumRingSize: 10,
      maximumRingSize: 10,
    });
    assert.equal(spec.outlierDetection?.maxEjectionTimeMs, 3_600_000);
    assert.equal(spec.retry?.maxMs, 60_000);
  });

  it('names what cannot be read, and takes the default', () => {
    const spec = specOf({ timeout: 'soon', retry: { backoff: { base: '0s' } } });
    assert.deepEqual([spec.timeoutMs, spec.retry?.baseMs], [null, 25]);
    assert.deepEqual(spec.problems, [
      'spec.xds.retry.backoff.base "0s" is not a duration of 1ms or more: write one like 10s',
      'spec.xds.timeout "soon" is not a duration of 1ms or more: write one like 10s',
    ]);
  });
});
