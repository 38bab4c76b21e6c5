import type { DemoState, ShownRow, ShownWay } from '../../local/demo/state.ts';

/** A row that is alive and published. */
export function shownRow(number: number, change: Partial<ShownRow> = {}): ShownRow {
  return {
    ...{ service: 'greeter', instanceId: `greeter-${number}`, address: `10.77.1.${number}:50051` },
    ...{ status: 'UP', zone: 'a', updatedAt: 1000, expiresAt: 106_000, ttlMs: 6000, pid: 60 + number },
    ...{ expired: false, wanted: 'ready', wantedAt: 1000, published: 'ready', settled: true, afterMs: 320 },
    ...change,
  };
}

/** The demonstration at 100 s, all well, with `count` servers. */
export function demoState(count = 3, change: Partial<DemoState> = {}): DemoState {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const condition = (type: string) => ({
    ...{ type, status: type === 'Protected' ? 'False' : 'True', reason: 'Fine', message: 'All is well.' },
  });
  return {
    ...{ now: 100_000, startedAt: 0 },
    database: {
      ...{ name: 'MariaDB 10.11.19', address: '10.77.0.20:3306', pid: 34, answers: true, readAt: 100_000 },
    },
    operator: { pid: 112, ready: true, leads: true, identity: 'operator-1' },
    registry: { feed: 'Binlog', active: 'Binlog', conditions: ['Ready', 'FeedHealthy'].map(condition) },
    rows: numbers.map((number) => shownRow(number)),
    slices: [
      {
        ...{
          namespace: 'demo',
          name: 'greeter-abc',
          owner: 'greeter',
          addressType: 'IPv4',
          port: 50051,
        },
        endpoints: numbers.map((number) => ({ ip: `10.77.1.${number}`, state: 'ready' as const })),
      },
    ],
    grpcServices: [
      {
        ...{ namespace: 'demo', name: 'greeter', service: 'greeter', ready: count, draining: 0, held: 0 },
        conditions: ['Ready', 'RegistryAvailable', 'PortsUniform', 'DNSFits', 'Protected'].map(condition),
      },
    ],
    client: { kind: 'node', target: 'dns:///greeter.demo.svc.cluster.local:50051', pid: 120 },
    calls: {
      ...{ calls: 20 * count, failed: 0, perSecond: 6, lastFailure: undefined },
      servers: numbers.map((number) => ({
        ...{ server: `greeter-${number}`, calls: 20, perSecond: 2, firstAt: 10_000, lastAt: 99_900 },
      })),
    },
    otherWays: [
      way('xDS', 'xds:///greeter.demo', numbers),
      { ...way('Envoy', '10.77.0.50:10000', []), missing: 'there is no python3' },
    ],
    lastChange: { what: 'greeter-1 ready', at: 1320, afterMs: 320 },
    events: [{ at: 5000, text: 'ready 5 s after the start' }],
    hint: 'Press a key and watch.',
    ...change,
  };
}

/** A way by which these servers answer a few calls each. */
function way(via: string, target: string, numbers: readonly number[]): ShownWay {
  const answered = { calls: 20, perSecond: 2, firstAt: 1420, lastAt: 99_900 };
  const servers = numbers.map((number) => ({ server: `greeter-${number}`, ...answered }));
  const calls = { calls: 20 * numbers.length, failed: 0, perSecond: 2 * numbers.length };
  return { via, target, calls: { ...calls, lastFailure: undefined, servers } };
}
