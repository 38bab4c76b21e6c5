import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type {
  ControllerObserver,
  EndpointStateCounts,
  PlanNumbers,
  ReadyStatus,
  SliceOperation,
  SyncResult,
} from '../../controller/observer.ts';
import type { RejectionReason } from '../../model/instance.ts';
import type { ObjectKey } from '../../model/key.ts';
import { PER_SYNC } from './buckets.ts';
import { KeyedSum } from './keyed-sum.ts';

const STATES = ['ready', 'draining', 'expired', 'held'] as const satisfies (keyof EndpointStateCounts)[];
const READY: readonly ReadyStatus[] = ['True', 'False', 'Unknown'];
const SYNC_RESULTS: readonly SyncResult[] = ['success', 'stale', 'error'];
const OPERATIONS: readonly SliceOperation[] = ['create', 'update', 'delete'];

/**
 * What the GrpcService controller tells, under the names of the EndpointSlice controller with `rollcall_` in front
 * (k8s.io/endpointslice/metrics). Gauges are sums over all GrpcServices: no label grows with the registry or the cluster.
 * `propagated` counts a change that reached its slice, in seconds.
 */
export function controllerMetrics(
  register: Registry,
  propagated: (seconds: number) => void,
): ControllerObserver {
  const plans = planGauges(register);
  const states = stateGauges(register);
  const rejections = rejectionGauge(register);
  const counts = counters(register);
  const readiness = readyGauge(register);
  return {
    synced: (_key, result) => counts.syncs.inc({ result }),
    planned: (key, plan) => {
      plans.set(key, plan);
      counts.added.observe(plan.endpointsAdded);
      counts.removed.observe(plan.endpointsRemoved);
      counts.changed.observe(plan.slicesChanged);
    },
    sliceWritten: (operation) => counts.changes.inc({ operation }),
    endpoints: (key, numbers) => states.set(key, numbers),
    rejected: (key, numbers) => rejections.set(key, numbers),
    ready: (key, status) => readiness.set(key, status),
    propagated,
    forget: (key) => {
      plans.forget(key);
      states.forget(key);
      rejections.forget(key);
      readiness.forget(key);
    },
  };
}

function counters(register: Registry) {
  const registers = [register];
  const syncs = new Counter({
    name: 'rollcall_syncs_total',
    help: 'Syncs of the EndpointSlices of a GrpcService, by result; stale ones were put off until the cache had caught up.',
    labelNames: ['result'] as const,
    registers,
  });
  for (const result of SYNC_RESULTS) syncs.inc({ result }, 0);
  const changes = new Counter({
    name: 'rollcall_changes_total',
    help: 'EndpointSlices that were written, by operation.',
    labelNames: ['operation'] as const,
    registers,
  });
  for (const operation of OPERATIONS) changes.inc({ operation }, 0);
  const perSync = (name: string, help: string): Histogram =>
    new Histogram({ name, help, buckets: [...PER_SYNC], registers });
  return {
    syncs,
    changes,
    added: perSync('rollcall_endpoints_added_per_sync', 'Endpoints that a sync added.'),
    removed: perSync('rollcall_endpoints_removed_per_sync', 'Endpoints that a sync removed.'),
    changed: perSync('rollcall_endpointslices_changed_per_sync', 'EndpointSlices that a sync had to write.'),
  };
}

function planGauges(register: Registry) {
  const desired = new KeyedSum();
  const slices = new KeyedSum();
  const packed = new KeyedSum();
  const show = (name: string, help: string, sum: KeyedSum): void => {
    new Gauge({
      name,
      help,
      registers: [register],
      collect() {
        this.set(sum.total);
      },
    });
  };
  show('rollcall_endpoints_desired', 'Endpoints that the EndpointSlices should hold.', desired);
  show('rollcall_num_endpoint_slices', 'EndpointSlices there are.', slices);
  show(
    'rollcall_desired_endpoint_slices',
    'EndpointSlices there would be if all were packed perfectly.',
    packed,
  );
  return {
    set: (key: ObjectKey, plan: PlanNumbers): void => {
      desired.set(key, plan.endpointsDesired);
      slices.set(key, plan.slices);
      packed.set(key, plan.slicesDesired);
    },
    forget: (key: ObjectKey): void => [desired, slices, packed].forEach((sum) => sum.delete(key)),
  };
}

function readyGauge(register: Registry) {
  const known = new Map<ObjectKey, ReadyStatus>();
  new Gauge({
    name: 'rollcall_grpcservices',
    help: 'GrpcServices by the status of their condition Ready.',
    labelNames: ['ready'] as const,
    registers: [register],
    collect() {
      const counts: Record<ReadyStatus, number> = { True: 0, False: 0, Unknown: 0 };
      for (const status of known.values()) counts[status] += 1;
      for (const ready of READY) this.set({ ready }, counts[ready]);
    },
  });
  return {
    set: (key: ObjectKey, status: ReadyStatus): void => void known.set(key, status),
    forget: (key: ObjectKey): void => void known.delete(key),
  };
}

function stateGauges(register: Registry) {
  const sums = {
    ready: new KeyedSum(),
    draining: new KeyedSum(),
    expired: new KeyedSum(),
    held: new KeyedSum(),
  };
  new Gauge({
    name: 'rollcall_endpoints',
    help: 'Instances by state; held ones (expired, but published by spec.protection) count as ready and expired too.',
    labelNames: ['state'],
    registers: [register],
    collect() {
      for (const state of STATES) this.set({ state }, sums[state].total);
    },
  });
  return {
    set: (key: ObjectKey, counts: EndpointStateCounts): void => {
      for (const state of STATES) sums[state].set(key, counts[state]);
    },
    forget: (key: ObjectKey): void => STATES.forEach((state) => sums[state].delete(key)),
  };
}

type Rejections = Partial<Readonly<Record<RejectionReason, number>>>;

function rejectionGauge(register: Registry) {
  /** A reason that was seen once stays, at 0: an alert on it then sees it go down. */
  const sums = new Map<string, KeyedSum>();
  new Gauge({
    name: 'rollcall_rejected_instances',
    help: 'Rows that are not published because they are wrong, by reason.',
    labelNames: ['reason'],
    registers: [register],
    collect() {
      for (const [reason, sum] of sums) this.set({ reason }, sum.total);
    },
  });
  const forget = (key: ObjectKey): void => sums.forEach((sum) => sum.delete(key));
  return {
    set: (key: ObjectKey, counts: Rejections): void => {
      forget(key);
      for (const [reason, count] of Object.entries(counts)) {
        const sum = sums.get(reason) ?? new KeyedSum();
        sums.set(reason, sum);
        sum.set(key, count);
      }
    },
    forget,
  };
}
