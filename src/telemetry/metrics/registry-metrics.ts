import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Clock } from '../../lib/clock.ts';
import type { ObjectKey } from '../../model/key.ts';
import type { FeedName } from '../../registry/change-feed.ts';
import type { RegistryObserver } from '../../registry/observer.ts';
import { READ_SECONDS } from './buckets.ts';

/** The metrics of every registry, with its key as label `registry`. */
export interface RegistriesMetrics {
  /**
   * An observer for a registry that was opened. A Registry that was changed is open twice for a moment: its series go
   * when the last of its observers is closed.
   */
  observe(registry: ObjectKey, clock: Pick<Clock, 'now'>): ClosableRegistryObserver;
}

export interface ClosableRegistryObserver extends RegistryObserver {
  /** The registry is open no more. May be called again. */
  close(): void;
}

/** What is kept of one registry while it is open. */
interface OpenRegistry {
  observers: number;
  readonly clock: Pick<Clock, 'now'>;
  /** When the registry answered last; when it was opened, before it ever did: one that cannot be read at all shows too. */
  lastReadMs: number;
  feed: FeedState;
  /** How to remove each series that was touched, by metric and labels. */
  readonly series: Map<string, () => void>;
}

interface FeedState {
  /** When it gave its last sign of life; when the registry was opened, before the first. */
  readonly heardMs: number;
  readonly lagSeconds: number;
  readonly active: FeedName | null;
  readonly healthy: boolean;
}

type Labels = Readonly<Record<string, string>>;

/** rollcall_registry_*, rollcall_audit_*, rollcall_leases_* and the like. */
export function registriesMetrics(register: Registry): RegistriesMetrics {
  const open = new Map<ObjectKey, OpenRegistry>();
  sinceLastRead(register, open);
  feedGauges(register, open);
  const all = counters(register);
  return {
    observe: (registry, clock) => {
      const entry = open.get(registry) ?? {
        observers: 0,
        clock,
        lastReadMs: clock.now(),
        feed: { heardMs: clock.now(), lagSeconds: 0, active: null, healthy: false },
        series: new Map<string, () => void>(),
      };
      open.set(registry, entry);
      entry.observers += 1;
      let closed = false;
      return {
        ...observer(registry, entry, all),
        close: () => {
          if (closed) return;
          closed = true;
          entry.observers -= 1;
          if (entry.observers > 0) return;
          open.delete(registry);
          for (const remove of entry.series.values()) remove();
        },
      };
    },
  };
}

function observer(
  registry: ObjectKey,
  entry: OpenRegistry,
  all: ReturnType<typeof counters>,
): RegistryObserver {
  const touched = (name: string, labels: Labels, remove: () => void): void => {
    const series = `${name} ${Object.values(labels).join(' ')}`;
    if (!entry.series.has(series)) entry.series.set(series, remove);
  };
  const count = (counter: keyof Counters, added: Labels, by: number): void => {
    const labels = { registry, ...added };
    all[counter].inc(labels, by);
    touched(counter, labels, () => all[counter].remove(labels));
  };
  for (const kind of ['added', 'updated', 'removed']) count('findings', { kind }, 0);
  for (const outcome of ['confirmed', 'withdrawn']) count('confirmations', { outcome }, 0);
  for (const counter of ['leasesExpired', 'leasesReturned', 'audited', 'retired'] as const)
    count(counter, {}, 0);
  return {
    goodRead: () => {
      entry.lastReadMs = entry.clock.now();
    },
    couldNotRead: (reason) => count('failures', { reason }, 1),
    readDone: (kind, seconds, rows) => {
      const labels = { registry, kind };
      all.readSeconds.observe(labels, seconds);
      touched('readSeconds', labels, () => all.readSeconds.remove(labels));
      count('rows', { kind }, rows);
    },
    resync: (reason) => count('resyncs', { reason }, 1),
    hinted: (feed, services) => count('hints', { feed }, services),
    feedAlive: (lagSeconds) => {
      entry.feed = { ...entry.feed, heardMs: entry.clock.now(), lagSeconds };
    },
    feedServes: (active, healthy) => {
      if (entry.feed.active !== null && entry.feed.active !== active) count('switches', { to: active }, 1);
      entry.feed = { ...entry.feed, active, healthy };
    },
    leasesExpired: (leases) => count('leasesExpired', {}, leases),
    leasesReturned: (leases) => count('leasesReturned', {}, leases),
    confirmation: (outcome) => count('confirmations', { outcome }, 1),
    auditFinding: (kind, rows) => count('findings', { kind }, rows),
    audited: (services) => count('audited', {}, services),
    retired: (rows) => count('retired', {}, rows),
  };
}

type Counters = Omit<ReturnType<typeof counters>, 'readSeconds'>;

function counters(register: Registry) {
  const counter = (name: string, help: string, label?: string): Counter =>
    new Counter({
      name,
      help,
      labelNames: label === undefined ? ['registry'] : ['registry', label],
      registers: [register],
    });
  return {
    readSeconds: new Histogram({
      name: 'rollcall_registry_read_seconds',
      help: 'How long reads of a registry took, by what they were for: everything (full), some services (service), a second look (confirm), checksums (audit).',
      labelNames: ['registry', 'kind'],
      buckets: [...READ_SECONDS],
      registers: [register],
    }),
    rows: counter(
      'rollcall_registry_rows_read_total',
      'Rows that reads of a registry brought, by kind of read.',
      'kind',
    ),
    failures: counter(
      'rollcall_registry_read_failures_total',
      'Times that a registry could not be read, by reason as in the condition Connected.',
      'reason',
    ),
    resyncs: counter(
      'rollcall_registry_resyncs_total',
      'Times that everything in a registry was read again, by reason.',
      'reason',
    ),
    hints: counter(
      'rollcall_feed_hints_total',
      'Services that a feed named as changed, by the feed that gave the hint.',
      'feed',
    ),
    switches: counter(
      'rollcall_feed_switches_total',
      'Times that another feed began to give the hints: the fallback, or the one that was asked for again.',
      'to',
    ),
    leasesExpired: counter('rollcall_leases_expired_total', 'Instances whose lease ran out.'),
    leasesReturned: counter(
      'rollcall_leases_returned_total',
      'Instances that beat again after their lease had run out.',
    ),
    confirmations: counter(
      'rollcall_confirmations_total',
      'Reads that would have taken half of a service or more, and were looked at again: confirmed, or withdrawn when the second read showed something else.',
      'outcome',
    ),
    findings: counter(
      'rollcall_audit_findings_total',
      'Rows that the audit found changed without any hint of it, by how they had changed.',
      'kind',
    ),
    audited: counter('rollcall_audited_services_total', 'Services whose checksums the audit compared.'),
    retired: counter(
      'rollcall_retired_rows_total',
      'Rows that were deleted because they had been down or expired for longer than spec.retention.',
    ),
  };
}

function sinceLastRead(register: Registry, open: ReadonlyMap<ObjectKey, OpenRegistry>): void {
  new Gauge({
    name: 'rollcall_registry_seconds_since_last_read',
    help: 'Seconds since the registry answered last (since it was opened, before it ever did).',
    labelNames: ['registry'],
    registers: [register],
    collect() {
      this.reset();
      for (const [registry, { clock, lastReadMs }] of open) {
        this.set({ registry }, (clock.now() - lastReadMs) / 1000);
      }
    },
  });
}

function feedGauges(register: Registry, open: ReadonlyMap<ObjectKey, OpenRegistry>): void {
  const gauge = (name: string, help: string, label: string | null, value: (entry: OpenRegistry) => number) =>
    new Gauge({
      name,
      help,
      labelNames: label === null ? ['registry'] : ['registry', label],
      registers: [register],
      collect() {
        this.reset();
        for (const [registry, entry] of open) {
          const { active } = entry.feed;
          if (label === null) this.set({ registry }, value(entry));
          else if (active !== null) this.set({ registry, [label]: active }, value(entry));
        }
      },
    });
  gauge(
    'rollcall_feed_healthy',
    '1 while the feed that was asked for follows the registry, 0 while it cannot; the label names the feed that gives the hints.',
    'active',
    ({ feed }) => (feed.healthy ? 1 : 0),
  );
  gauge(
    'rollcall_feed_lag_seconds',
    'How far behind its source the feed was when it gave its last sign of life.',
    null,
    ({ feed }) => feed.lagSeconds,
  );
  gauge(
    'rollcall_feed_seconds_since_heard',
    'Seconds since the feed that was asked for gave a sign of life (since the registry was opened, before the first).',
    null,
    ({ feed, clock }) => (clock.now() - feed.heardMs) / 1000,
  );
}
