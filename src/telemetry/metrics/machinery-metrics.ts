import { Counter, Gauge, type Registry } from 'prom-client';
import type {
  ElectionObserver,
  EventObserver,
  MachineryObserver,
} from '../../controller/machinery-observers.ts';
import { apiMetrics } from './api-metrics.ts';
import { queueMetrics } from './queue-metrics.ts';
import { reflectorMetrics } from './reflector-metrics.ts';

/** Everything that queues, client, reflectors, election and event recorder tell. `apiHost`: see {@link apiMetrics}. */
export function machineryMetrics(register: Registry, apiHost: string): MachineryObserver {
  return {
    ...queueMetrics(register),
    ...apiMetrics(register, apiHost),
    ...reflectorMetrics(register),
    ...electionMetrics(register),
    ...eventMetrics(register),
  };
}

/** leader_election_master_status as in client-go: 1 on the replica that leads, 0 on the others. */
export function electionMetrics(register: Registry): ElectionObserver {
  const readers = new Map<string, () => boolean>();
  new Gauge({
    name: 'leader_election_master_status',
    help: 'Whether this replica holds the Lease: 1 the leader, 0 a standby.',
    labelNames: ['name'],
    registers: [register],
    collect() {
      for (const [name, read] of readers) this.set({ name }, read() ? 1 : 0);
    },
  });
  return { election: (lease, read) => void readers.set(lease, read) };
}

/** rollcall_events_total: Kubernetes events by what became of them. */
export function eventMetrics(register: Registry): EventObserver {
  const events = new Counter({
    name: 'rollcall_events_total',
    help: 'Kubernetes events by outcome: sent, counted (folded into an equal one), dropped (too many), failed.',
    labelNames: ['outcome'],
    registers: [register],
  });
  return { eventRecorded: (outcome) => events.inc({ outcome }) };
}
