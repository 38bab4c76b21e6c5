import assert from 'node:assert/strict';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts';
import type { Refusal, StreamIdentity } from '../../../src/xds/engine/observer.ts';
import { TYPE } from '../../../src/xds/resource.ts';
import { RPC } from '../../../src/xds/rpc.ts';
import { type Exposition, parseExposition } from '../../support/prometheus-text.ts';

const ADS = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources';

function makeMetrics(): Metrics {
  const eventLoop = () => ({ p50: 0, p90: 0, p99: 0, max: 0 });
  return createMetrics({ version: '1', apiHost: 'api', eventLoop });
}

async function scrape({ register }: Metrics): Promise<Exposition> {
  return parseExposition(await register.metrics());
}

const stream: StreamIdentity = {
  ...{ id: 1, kind: 'sotw', method: ADS, peer: '10.0.0.1:5', peerNames: [], node: null, view: '' },
};

const refusal = (typeUrl: string): Refusal => ({
  ...{ typeUrl, resources: [], told: false, reason: 'no', atMs: 0 },
});

async function assertSamples(metrics: Metrics, expected: Readonly<Record<string, number>>): Promise<void> {
  const seen = await scrape(metrics);
  for (const [sample, value] of Object.entries(expected)) assert.equal(seen.value(sample), value, sample);
}

describe('metrics of xDS streams', () => {
  it('show how many streams there are, and with which status they ended', async () => {
    const metrics = makeMetrics();
    for (let count = 0; count < 3; count += 1) metrics.xds.opened(stream);
    metrics.xds.closed(stream, null);
    metrics.xds.closed(stream, { code: RPC.deadlineExceeded, message: 'too slow' });
    await assertSamples(metrics, {
      'rollcall_xds_streams{kind="sotw",method="StreamAggregatedResources"}': 1,
      'rollcall_xds_streams_closed_total{code="CANCELLED"}': 1,
      'rollcall_xds_streams_closed_total{code="DEADLINE_EXCEEDED"}': 1,
    });
  });

  it('count responses and bytes by type, and one type for all that a client makes up', async () => {
    const metrics = makeMetrics();
    const sent = (typeUrl: string, bytes: number) =>
      metrics.xds.sent(stream, { typeUrl, resources: 1, removed: 0, bytes });
    sent(TYPE.endpoints, 100);
    sent(TYPE.endpoints, 20);
    sent('made/up.One', 5);
    sent('made/up.Two', 5);
    await assertSamples(metrics, {
      'rollcall_xds_responses_total{type="ClusterLoadAssignment"}': 2,
      'rollcall_xds_response_bytes_total{type="ClusterLoadAssignment"}': 120,
      'rollcall_xds_responses_total{type="Cluster"}': 0,
      'rollcall_xds_responses_total{type="other"}': 2,
    });
  });

  it('time acknowledgements, in seconds', async () => {
    const metrics = makeMetrics();
    metrics.xds.accepted(stream, { typeUrl: TYPE.cluster, resources: [], removed: [], latencyMs: 4 });
    await assertSamples(metrics, {
      'rollcall_xds_ack_seconds_bucket{le="0.0025",type="Cluster"}': 0,
      'rollcall_xds_ack_seconds_bucket{le="0.005",type="Cluster"}': 1,
    });
  });

  it('count refusals, and show those that stand', async () => {
    const metrics = makeMetrics();
    metrics.xds.refused(stream, refusal(TYPE.route));
    metrics.xds.refused(stream, refusal(TYPE.route));
    metrics.xds.withdrawn(stream, refusal(TYPE.route));
    await assertSamples(metrics, {
      'rollcall_xds_nacks_total{type="RouteConfiguration"}': 2,
      'rollcall_xds_refusals{type="RouteConfiguration"}': 1,
      'rollcall_xds_refusals{type="Listener"}': 0,
    });
  });

  it('count changes of rows that clients acknowledged apart from those that reached slices', async () => {
    const metrics = makeMetrics();
    metrics.xdsPropagated(0.02);
    metrics.xdsPropagated(NaN);
    metrics.controller.propagated(3);
    await assertSamples(metrics, {
      'rollcall_propagation_seconds_count{target="xds"}': 1,
      'rollcall_propagation_seconds_sum{target="xds"}': 0.02,
      'rollcall_propagation_seconds_sum{target="dns"}': 3,
    });
  });
});

describe('metrics of the gRPC transport', () => {
  it('show connections, and why they ended', async () => {
    const { rpc, ...metrics } = makeMetrics();
    rpc.connectionOpened();
    rpc.connectionOpened();
    rpc.connectionClosed('keepalive');
    rpc.connectionRefused();
    await assertSamples(
      { rpc, ...metrics },
      {
        rollcall_xds_connections: 1,
        'rollcall_xds_connections_closed_total{why="keepalive"}': 1,
        'rollcall_xds_connections_closed_total{why="age"}': 0,
        rollcall_xds_connections_refused_total: 1,
      },
    );
  });

  it('count calls under the names that dashboards know', async () => {
    const { rpc, ...metrics } = makeMetrics();
    rpc.callOpened(ADS);
    rpc.messageReceived(ADS, 10);
    rpc.messageSent(ADS, 20);
    rpc.messageSent(ADS, 20);
    rpc.callClosed(ADS, RPC.unavailable);
    rpc.callRefused(RPC.unimplemented);
    rpc.callRefused(99);
    const labels =
      'grpc_method="StreamAggregatedResources",grpc_service="envoy.service.discovery.v3.AggregatedDiscoveryService"';
    await assertSamples(
      { rpc, ...metrics },
      {
        [`grpc_server_started_total{${labels}}`]: 1,
        [`grpc_server_msg_received_total{${labels}}`]: 1,
        [`grpc_server_msg_sent_total{${labels}}`]: 2,
        [`grpc_server_handled_total{grpc_code="UNAVAILABLE",${labels}}`]: 1,
        'rollcall_xds_calls_refused_total{code="UNIMPLEMENTED"}': 1,
        'rollcall_xds_calls_refused_total{code="UNKNOWN"}': 1,
      },
    );
  });
});
