import assert from 'node:assert/strict';
import type { QueueReading, ReflectorReading } from '../../../src/controller/machinery-observers.ts';
import type { PlanNumbers } from '../../../src/controller/observer.ts';
import { metricsEndpoint } from '../../../src/telemetry/endpoints.ts';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts';
import { type Exposition, parseExposition } from '../../support/prometheus-text.ts';

const NOT_DELAYED = { p50: 0, p90: 0, p99: 0, max: 0 };

function makeMetrics(): Metrics {
  return createMetrics({ version: '1.2.3', apiHost: '10.0.0.1:443', eventLoop: () => NOT_DELAYED });
}

async function scrape(metrics: Metrics): Promise<Exposition> {
  return parseExposition(await metrics.register.metrics());
}

const IDLE: QueueReading = {
  depth: 0,
  unfinishedWorkSeconds: 0,
  longestRunningSeconds: 0,
  activeWorkers: 0,
  maxConcurrent: 8,
};

const NO_CHANGE: PlanNumbers = {
  endpointsAdded: 0,
  endpointsRemoved: 0,
  endpointsDesired: 0,
  slices: 0,
  slicesDesired: 0,
  slicesChanged: 0,
};

describe('metrics', () => {
  it('has every metric under its conventional name and type from the start', async () => {
    const { types } = await scrape(makeMetrics());
    const expected: Readonly<Record<string, string>> = {
      controller_runtime_reconcile_total: 'counter',
      controller_runtime_reconcile_errors_total: 'counter',
      controller_runtime_terminal_reconcile_errors_total: 'counter',
      controller_runtime_reconcile_time_seconds: 'histogram',
      controller_runtime_max_concurrent_reconciles: 'gauge',
      controller_runtime_active_workers: 'gauge',
      workqueue_depth: 'gauge',
      workqueue_adds_total: 'counter',
      workqueue_queue_duration_seconds: 'histogram',
      workqueue_work_duration_seconds: 'histogram',
      workqueue_unfinished_work_seconds: 'gauge',
      workqueue_longest_running_processor_seconds: 'gauge',
      workqueue_retries_total: 'counter',
      rest_client_requests_total: 'counter',
      rest_client_request_duration_seconds: 'histogram',
      leader_election_master_status: 'gauge',
      rollcall_endpoints_added_per_sync: 'histogram',
      rollcall_endpoints_removed_per_sync: 'histogram',
      rollcall_endpoints_desired: 'gauge',
      rollcall_num_endpoint_slices: 'gauge',
      rollcall_desired_endpoint_slices: 'gauge',
      rollcall_changes_total: 'counter',
      rollcall_endpointslices_changed_per_sync: 'histogram',
      rollcall_syncs_total: 'counter',
      rollcall_endpoints: 'gauge',
      rollcall_rejected_instances: 'gauge',
      rollcall_registry_seconds_since_last_read: 'gauge',
      rollcall_audit_findings_total: 'counter',
      rollcall_propagation_seconds: 'histogram',
      rollcall_event_loop_delay_seconds: 'gauge',
      rollcall_build_info: 'gauge',
      nodejs_heap_size_used_bytes: 'gauge',
      process_cpu_seconds_total: 'counter',
      process_resident_memory_bytes: 'gauge',
    };
    for (const [name, type] of Object.entries(expected)) assert.equal(types.get(name), type, name);
  });

  it('tells of the event loop once, by what it watches itself', async () => {
    const { types } = await scrape(makeMetrics());
    const names = [...types.keys()].filter((name) => name.includes('eventloop_lag'));
    assert.deepEqual(names, ['nodejs_eventloop_lag_seconds']);
  });

  it('is served as the text that Prometheus reads', async () => {
    const ignore = (): void => undefined;
    const log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => log };
    const address = { host: '127.0.0.1', port: 0 };
    const endpoint = metricsEndpoint(makeMetrics().register, { address, flag: '--metrics-address', log });
    const { port } = await endpoint.listen();
    try {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
      assert.equal(parseExposition(await response.text()).value('rollcall_build_info{version="1.2.3"}'), 1);
    } finally {
      await endpoint.close(0);
    }
  });

  it('does not share its register with another one in the process', async () => {
    const one = makeMetrics();
    one.controller.synced('a/b', 'success');
    assert.equal((await scrape(makeMetrics())).value('rollcall_syncs_total{result="success"}'), 0);
  });

  it('counts results of a queue as controller-runtime does: a terminal error is an error too', async () => {
    const metrics = makeMetrics();
    metrics.machinery.queue('grpcservice', () => IDLE);
    metrics.machinery.added('grpcservice');
    metrics.machinery.retried('grpcservice');
    metrics.machinery.started('grpcservice', 0.25);
    for (const result of ['success', 'success', 'requeue_after', 'error', 'terminal'] as const) {
      metrics.machinery.finished('grpcservice', result, 0.3);
    }
    const seen = await scrape(metrics);
    const controller = 'controller="grpcservice"';
    const expected: Readonly<Record<string, number>> = {
      [`controller_runtime_reconcile_total{${controller},result="success"}`]: 2,
      [`controller_runtime_reconcile_total{${controller},result="requeue_after"}`]: 1,
      [`controller_runtime_reconcile_total{${controller},result="error"}`]: 2,
      [`controller_runtime_reconcile_errors_total{${controller}}`]: 2,
      [`controller_runtime_terminal_reconcile_errors_total{${controller}}`]: 1,
      [`controller_runtime_reconcile_time_seconds_bucket{${controller},le="0.25"}`]: 0,
      [`controller_runtime_reconcile_time_seconds_bucket{${controller},le="0.3"}`]: 5,
      [`workqueue_adds_total{${controller},name="grpcservice"}`]: 1,
      [`workqueue_retries_total{${controller},name="grpcservice"}`]: 1,
      [`workqueue_queue_duration_seconds_sum{${controller},name="grpcservice"}`]: 0.25,
      [`workqueue_work_duration_seconds_count{${controller},name="grpcservice"}`]: 5,
    };
    for (const [sample, value] of Object.entries(expected)) assert.equal(seen.value(sample), value, sample);
  });

  it('has the counters of a queue at 0 before its first key', async () => {
    const metrics = makeMetrics();
    metrics.machinery.queue('registry', () => IDLE);
    const seen = await scrape(metrics);
    assert.equal(seen.value('workqueue_adds_total{controller="registry",name="registry"}'), 0);
    for (const result of ['success', 'error', 'requeue_after']) {
      const sample = `controller_runtime_reconcile_total{controller="registry",result="${result}"}`;
      assert.equal(seen.value(sample), 0, sample);
    }
  });

  it('reads the state of queues at the moment of the scrape', async () => {
    const metrics = makeMetrics();
    let reading = IDLE;
    metrics.machinery.queue('grpcservice', () => reading);
    await scrape(metrics);
    reading = {
      depth: 4,
      unfinishedWorkSeconds: 1.5,
      longestRunningSeconds: 1.25,
      activeWorkers: 2,
      maxConcurrent: 8,
    };
    const seen = await scrape(metrics);
    const queue = '{controller="grpcservice",name="grpcservice"}';
    assert.equal(seen.value(`workqueue_depth${queue}`), 4);
    assert.equal(seen.value(`workqueue_unfinished_work_seconds${queue}`), 1.5);
    assert.equal(seen.value(`workqueue_longest_running_processor_seconds${queue}`), 1.25);
    assert.equal(seen.value('controller_runtime_active_workers{controller="grpcservice"}'), 2);
    assert.equal(seen.value('controller_runtime_max_concurrent_reconciles{controller="grpcservice"}'), 8);
  });

  it('counts requests to the API server under the labels of client-go', async () => {
    const metrics = makeMetrics();
    metrics.machinery.request('PUT', 'endpointslices', '200', 0.01);
    metrics.machinery.request('PUT', 'services', '409', 0.01);
    metrics.machinery.request('PUT', 'services', '409', 0.01);
    const seen = await scrape(metrics);
    const host = 'host="10.0.0.1:443"';
    assert.equal(seen.value(`rest_client_requests_total{code="409",${host},method="PUT"}`), 2);
    assert.equal(seen.value(`rest_client_request_duration_seconds_bucket{${host},le="0.025",verb="PUT"}`), 3);
    assert.equal(
      seen.value('rollcall_api_requests_total{code="200",method="PUT",resource="endpointslices"}'),
      1,
    );
  });

  it('shows the reflectors of one resource as one', async () => {
    const metrics = makeMetrics();
    const readings: ReflectorReading[] = [
      { objects: 2, synced: true, silentSeconds: 1 },
      { objects: 3, synced: false, silentSeconds: 7 },
    ];
    for (const reading of readings) metrics.machinery.reflector('grpcservices', () => reading);
    metrics.machinery.listed('grpcservices', 'watchlist', 0.02, 5);
    metrics.machinery.watchStarted('grpcservices');
    metrics.machinery.watchEnded('grpcservices', 'silent');
    metrics.machinery.watchEvent('grpcservices', 'MODIFIED');
    const seen = await scrape(metrics);
    const expected: Readonly<Record<string, number>> = {
      'rollcall_reflector_objects{resource="grpcservices"}': 5,
      'rollcall_reflector_synced{resource="grpcservices"}': 0,
      'rollcall_reflector_silent_seconds{resource="grpcservices"}': 7,
      'rollcall_reflector_list_seconds_count{by="watchlist",resource="grpcservices"}': 1,
      'rollcall_reflector_watches_total{resource="grpcservices"}': 1,
      'rollcall_reflector_watches_ended_total{resource="grpcservices",why="silent"}': 1,
      'rollcall_reflector_watch_events_total{resource="grpcservices",type="MODIFIED"}': 1,
    };
    for (const [sample, value] of Object.entries(expected)) assert.equal(seen.value(sample), value, sample);
  });

  it('shows who leads, as of the scrape', async () => {
    const metrics = makeMetrics();
    let leads = true;
    metrics.machinery.election('rollcall', () => leads);
    assert.equal((await scrape(metrics)).value('leader_election_master_status{name="rollcall"}'), 1);
    leads = false;
    assert.equal((await scrape(metrics)).value('leader_election_master_status{name="rollcall"}'), 0);
  });

  it('shows the delay of the event loop by quantile', async () => {
    const metrics = createMetrics({
      version: '1',
      apiHost: 'h',
      eventLoop: () => ({ p50: 0.001, p90: 0.002, p99: 0.003, max: 0.25 }),
    });
    const seen = await scrape(metrics);
    assert.equal(seen.value('rollcall_event_loop_delay_seconds{quantile="0.99"}'), 0.003);
    assert.equal(seen.value('rollcall_event_loop_delay_seconds{quantile="1"}'), 0.25);
  });
});

describe('metrics of the GrpcService controller', () => {
  it('sums the gauges of all GrpcServices, without a label for any of them', async () => {
    const metrics = makeMetrics();
    for (const [key, n] of [
      ['a/x', 150],
      ['a/y', 20],
    ] as const) {
      const slices = Math.ceil(n / 100);
      metrics.controller.planned(key, {
        ...NO_CHANGE,
        endpointsDesired: n,
        slices: slices + 1,
        slicesDesired: slices,
      });
      metrics.controller.endpoints(key, { ready: n - 2, draining: 1, expired: 3, held: 1 });
      metrics.controller.rejected(key, { InvalidAddress: 2, InvalidPort: 1 });
    }
    const seen = await scrape(metrics);
    const expected: Readonly<Record<string, number>> = {
      rollcall_endpoints_desired: 170,
      rollcall_num_endpoint_slices: 5,
      rollcall_desired_endpoint_slices: 3,
      'rollcall_endpoints{state="ready"}': 166,
      'rollcall_endpoints{state="draining"}': 2,
      'rollcall_endpoints{state="expired"}': 6,
      'rollcall_endpoints{state="held"}': 2,
      'rollcall_rejected_instances{reason="InvalidAddress"}': 4,
      'rollcall_rejected_instances{reason="InvalidPort"}': 2,
    };
    for (const [sample, value] of Object.entries(expected)) assert.equal(seen.value(sample), value, sample);
    assert.deepEqual(
      seen.samples.filter((sample) => sample.includes('a/x')),
      [],
    );
  });

  it('takes the newest numbers of a GrpcService, and none once it is forgotten', async () => {
    const metrics = makeMetrics();
    const { controller } = metrics;
    const many = { ...NO_CHANGE, endpointsDesired: 500, slices: 5, slicesDesired: 5 };
    controller.planned('a/x', many);
    controller.planned('a/x', { ...many, endpointsDesired: 7 });
    controller.planned('a/y', many);
    controller.endpoints('a/x', { ready: 7, draining: 0, expired: 0, held: 0 });
    controller.rejected('a/x', { InvalidAddress: 2 });
    controller.rejected('a/x', { InvalidPort: 1 });
    let seen = await scrape(metrics);
    assert.equal(seen.value('rollcall_endpoints_desired'), 507);
    assert.equal(seen.value('rollcall_rejected_instances{reason="InvalidAddress"}'), 0);
    assert.equal(seen.value('rollcall_rejected_instances{reason="InvalidPort"}'), 1);
    controller.forget('a/x');
    controller.forget('a/never-seen');
    seen = await scrape(metrics);
    assert.equal(seen.value('rollcall_endpoints_desired'), 500);
    assert.equal(seen.value('rollcall_endpoints{state="ready"}'), 0);
    assert.equal(seen.value('rollcall_rejected_instances{reason="InvalidPort"}'), 0);
  });

  it('counts syncs, writes and how much each sync changed', async () => {
    const metrics = makeMetrics();
    const { controller } = metrics;
    controller.synced('a/x', 'success');
    controller.synced('a/x', 'stale');
    controller.sliceWritten('create');
    controller.sliceWritten('create');
    controller.sliceWritten('delete');
    controller.planned('a/x', NO_CHANGE);
    controller.planned('a/x', { ...NO_CHANGE, endpointsAdded: 3, endpointsRemoved: 1, slicesChanged: 2 });
    controller.propagated(0.25);
    controller.propagated(-1);
    controller.propagated(NaN);
    const seen = await scrape(metrics);
    const expected: Readonly<Record<string, number>> = {
      'rollcall_syncs_total{result="success"}': 1,
      'rollcall_syncs_total{result="stale"}': 1,
      'rollcall_syncs_total{result="error"}': 0,
      'rollcall_changes_total{operation="create"}': 2,
      'rollcall_changes_total{operation="update"}': 0,
      'rollcall_changes_total{operation="delete"}': 1,
      rollcall_endpoints_added_per_sync_sum: 3,
      rollcall_endpoints_removed_per_sync_sum: 1,
      'rollcall_endpointslices_changed_per_sync_bucket{le="0"}': 1,
      'rollcall_endpointslices_changed_per_sync_bucket{le="2"}': 2,
      'rollcall_propagation_seconds_bucket{le="0.2",target="dns"}': 1,
      'rollcall_propagation_seconds_bucket{le="0.3",target="dns"}': 2,
      'rollcall_propagation_seconds_sum{target="dns"}': 0.25,
      'rollcall_propagation_seconds_count{target="xds"}': 0,
    };
    for (const [sample, value] of Object.entries(expected)) assert.equal(seen.value(sample), value, sample);
  });
});

describe('metrics of a registry', () => {
  let nowMs = 0;
  const clock = { now: () => nowMs };
  const SINCE = 'rollcall_registry_seconds_since_last_read{registry="ns/main"}';

  it('shows the seconds since the registry answered last, and since it was opened before it ever did', async () => {
    const metrics = makeMetrics();
    nowMs = 1000;
    const observer = metrics.registries.observe('ns/main', clock);
    nowMs = 61_000;
    assert.equal((await scrape(metrics)).value(SINCE), 60, 'never read is not fresh');
    observer.goodRead();
    nowMs = 61_500;
    observer.couldNotRead('ConnectionLost');
    assert.equal((await scrape(metrics)).value(SINCE), 0.5);
  });

  it('counts reads, failures, findings and leases by registry', async () => {
    const metrics = makeMetrics();
    const observer = metrics.registries.observe('ns/main', clock);
    metrics.registries.observe('ns/other', clock);
    observer.readDone('full', 0.3, 1000);
    observer.readDone('full', 0.2, 1000);
    observer.readDone('service', 0.002, 5);
    observer.couldNotRead('AccessDenied');
    observer.resync('Started');
    observer.leasesExpired(3);
    observer.leasesReturned(2);
    observer.confirmation('withdrawn');
    observer.auditFinding('removed', 4);
    observer.audited(10);
    observer.retired(7);
    const seen = await scrape(metrics);
    const main = 'registry="ns/main"';
    const expected: Readonly<Record<string, number>> = {
      [`rollcall_registry_read_seconds_count{kind="full",${main}}`]: 2,
      [`rollcall_registry_read_seconds_bucket{kind="service",le="0.0025",${main}}`]: 1,
      [`rollcall_registry_rows_read_total{kind="full",${main}}`]: 2000,
      [`rollcall_registry_read_failures_total{reason="AccessDenied",${main}}`]: 1,
      [`rollcall_registry_resyncs_total{reason="Started",${main}}`]: 1,
      [`rollcall_leases_expired_total{${main}}`]: 3,
      [`rollcall_leases_returned_total{${main}}`]: 2,
      [`rollcall_confirmations_total{outcome="withdrawn",${main}}`]: 1,
      [`rollcall_confirmations_total{outcome="confirmed",${main}}`]: 0,
      [`rollcall_audit_findings_total{kind="removed",${main}}`]: 4,
      [`rollcall_audit_findings_total{kind="added",${main}}`]: 0,
      [`rollcall_audited_services_total{${main}}`]: 10,
      [`rollcall_retired_rows_total{${main}}`]: 7,
      'rollcall_audit_findings_total{kind="removed",registry="ns/other"}': 0,
    };
    for (const [sample, value] of Object.entries(expected)) assert.equal(seen.value(sample), value, sample);
  });

  it('forgets a registry when it is closed for good, not when it was opened anew', async () => {
    const metrics = makeMetrics();
    const old = metrics.registries.observe('ns/main', clock);
    old.readDone('full', 1, 10);
    const anew = metrics.registries.observe('ns/main', clock);
    old.close();
    old.close();
    let seen = await scrape(metrics);
    assert.notEqual(seen.value(SINCE), undefined);
    assert.equal(seen.value('rollcall_registry_rows_read_total{kind="full",registry="ns/main"}'), 10);
    anew.close();
    seen = await scrape(metrics);
    assert.deepEqual(
      seen.samples.filter((sample) => sample.includes('ns/main')),
      [],
    );
  });
});
