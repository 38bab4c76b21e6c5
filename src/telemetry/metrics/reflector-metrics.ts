import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ReflectorObserver, ReflectorReading } from '../../controller/machinery-observers.ts';
import { READ_SECONDS } from './buckets.ts';

/** rollcall_reflector_*, by resource: the reflectors of one resource (one per watched namespace) are shown as one. */
export function reflectorMetrics(register: Registry): ReflectorObserver {
  const readers = new Map<string, (() => ReflectorReading)[]>();
  reflectorGauges(register, readers);
  const { lists, watches, ended, events } = reflectorCounters(register);
  return {
    reflector: (resource, read) => {
      const reads = readers.get(resource);
      if (reads === undefined) readers.set(resource, [read]);
      else reads.push(read);
    },
    listed: (resource, by, seconds) => lists.observe({ resource, by }, seconds),
    watchStarted: (resource) => watches.inc({ resource }),
    watchEnded: (resource, why) => ended.inc({ resource, why }),
    watchEvent: (resource, type) => events.inc({ resource, type }),
  };
}

function reflectorCounters(register: Registry) {
  const registers = [register];
  return {
    lists: new Histogram({
      name: 'rollcall_reflector_list_seconds',
      help: 'How long complete lists took, by resource and by how they were taken (watchlist or list).',
      labelNames: ['resource', 'by'] as const,
      buckets: [...READ_SECONDS],
      registers,
    }),
    watches: new Counter({
      name: 'rollcall_reflector_watches_total',
      help: 'Watches that were started.',
      labelNames: ['resource'] as const,
      registers,
    }),
    ended: new Counter({
      name: 'rollcall_reflector_watches_ended_total',
      help: 'Watches that ended, by why: timeout is the planned end, expired leads to a new list, silent means that no byte came for too long.',
      labelNames: ['resource', 'why'] as const,
      registers,
    }),
    events: new Counter({
      name: 'rollcall_reflector_watch_events_total',
      help: 'Events that watches brought, by type.',
      labelNames: ['resource', 'type'] as const,
      registers,
    }),
  };
}

type Readers = ReadonlyMap<string, readonly (() => ReflectorReading)[]>;

function reflectorGauges(register: Registry, readers: Readers): void {
  const gauges: readonly [name: string, help: string, value: (all: readonly ReflectorReading[]) => number][] =
    [
      [
        'rollcall_reflector_objects',
        'Objects in the cache of a resource.',
        (all) => all.reduce((sum, { objects }) => sum + objects, 0),
      ],
      [
        'rollcall_reflector_synced',
        '1 when the first list of a resource is complete.',
        (all) => (all.every(({ synced }) => synced) ? 1 : 0),
      ],
      [
        'rollcall_reflector_silent_seconds',
        'Seconds since the last byte of the watch that has been silent longest.',
        (all) => Math.max(...all.map(({ silentSeconds }) => silentSeconds)),
      ],
    ];
  for (const [name, help, value] of gauges) {
    new Gauge({
      name,
      help,
      labelNames: ['resource'],
      registers: [register],
      collect() {
        for (const [resource, reads] of readers) this.set({ resource }, value(reads.map((read) => read())));
      },
    });
  }
}
