import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster.ts';
import type { DatabaseServer } from '../servers/database.ts';
import { changes } from './changes.ts';
import { CallCounter } from './call-counter.ts';
import { Caller } from './caller.ts';
import { followRows, type FollowedRow, type SeenEndpoint } from './follow-rows.ts';
import type { Fleet } from './fleet.ts';
import { operatorNamespace, target } from './names.ts';
import type { Operator } from './operator.ts';
import type { OtherWay } from './other-ways.ts';
import { publishedStates } from './published-states.ts';
import { readRows, type RegistryRow } from './rows.ts';
import type { DemoEvent, DemoState, ShownGrpcService, ShownRegistry, ShownSlice, ShownWay } from './state.ts';
import { shownGrpcService, shownRegistry, shownSlice } from './shown-objects.ts';
import { inOrder } from './text.ts';
import { watchObjects, type WatchedObject } from './watch.ts';

/** How often the rows are read. */
const rowsIntervalMs = 200;

/** A look at the rows that takes longer counts as no answer. */
const answerWithinMs = 1000;

const eventsKept = 100;

interface Lease extends WatchedObject {
  readonly spec?: { readonly holderIdentity?: string };
}

/** What the observer looks at. */
export interface Observed {
  readonly cluster: Cluster;
  readonly database: DatabaseServer;
  readonly fleet: Fleet;
  readonly caller: Caller;
  readonly otherWays: readonly OtherWay[];
  readonly clientKind: string;
  readonly operator: Operator;
}

/** Looks at everything all the time: rows by SQL, objects by watches, calls by the client's own output. */
export class Observer {
  readonly #observed: Observed;
  readonly #startedAt = Date.now();
  readonly #endpoints = new Map<string, SeenEndpoint>();
  #looked = false;
  #rows: readonly RegistryRow[] = [];
  #readAt = Date.now();
  #followed: readonly FollowedRow[] = [];
  #answers = true;
  /** undefined until the first look. */
  #slices: readonly ShownSlice[] | undefined;
  /** undefined until the first look. */
  #grpcServices: readonly ShownGrpcService[] | undefined;
  #registry: ShownRegistry | undefined;
  #leader: string | undefined;
  #events: readonly DemoEvent[] = [];
  #hint: string | undefined;

  constructor(observed: Observed) {
    this.#observed = observed;
  }

  /** Something happened; `hint` says what to look for. */
  note(text: string, hint?: string): void {
    this.#events = [...this.#events, { at: Date.now(), text }].slice(-eventsKept);
    this.#hint = hint ?? this.#hint;
  }

  /** Looks until `signal` is aborted, and notes what changes. */
  async run(signal: AbortSignal): Promise<void> {
    const { url: server, ca, token } = this.#observed.cluster.apiServer;
    const access = { server, ca, token };
    const watch = (path: string, onChange: (objects: readonly WatchedObject[]) => void) =>
      watchObjects(access, path, onChange, signal);
    const ours = 'labelSelector=endpointslice.kubernetes.io%2Fmanaged-by%3Drollcall.dev';
    await Promise.all([
      this.#followTable(signal),
      this.#noteChanges(signal),
      watch(`/apis/discovery.k8s.io/v1/endpointslices?${ours}`, (objects) => {
        this.#slices = objects.map(shownSlice).sort(byName);
        this.#objectsChanged();
      }),
      watch('/apis/rollcall.dev/v1alpha1/grpcservices', (objects) => {
        this.#grpcServices = objects.map(shownGrpcService).sort(byName);
        this.#objectsChanged();
      }),
      watch(`/apis/rollcall.dev/v1alpha1/namespaces/${operatorNamespace}/registries`, (objects) => {
        const registry = objects.find(({ metadata }) => metadata.name === 'default');
        this.#registry = registry === undefined ? undefined : shownRegistry(registry);
      }),
      watch('/apis/coordination.k8s.io/v1/namespaces/rollcall-system/leases', (leases) => {
        this.#leader = (leases[0] as Lease | undefined)?.spec?.holderIdentity;
      }),
    ]);
  }

  /** What is known at this moment. */
  state(): DemoState {
    const { database, fleet, caller, otherWays, operator, clientKind } = this.#observed;
    const now = Date.now();
    const pids = fleet.pids();
    // While the database does not answer nobody knows which beats it would have stored.
    this.#followed = followRows(
      this.#followed,
      this.#rows,
      this.#endpoints,
      this.#answers ? now : this.#readAt,
    );
    return {
      ...{ now, startedAt: this.#startedAt },
      database: {
        name: `${database.flavor === 'mysql' ? 'MySQL' : 'MariaDB'} ${/^[\d.]+/.exec(database.version)?.[0] ?? ''}`,
        address: `${database.address}:${database.port}`,
        pid: database.pid,
        answers: this.#answers,
        readAt: this.#answers ? now : this.#readAt,
      },
      operator: {
        ...{ pid: operator.pid, ready: operator.ready, identity: operator.identity },
        leads: operator.pid !== undefined && this.#leader === operator.identity,
      },
      registry: this.#registry,
      rows: this.#followed.map((row) => ({ ...row, pid: pids.get(row.instanceId) })),
      ...{ slices: this.#slices ?? [], grpcServices: this.#grpcServices ?? [] },
      client: { kind: clientKind, target, pid: caller.pid },
      calls: caller.counts(now),
      otherWays: otherWays.map((way) => shownWay(way, now)),
      lastChange: lastChange(this.#followed),
      ...{ events: this.#events, hint: this.#hint },
    };
  }

  async #noteChanges(signal: AbortSignal): Promise<void> {
    let before = this.state();
    while (!over(signal)) {
      await sleep(rowsIntervalMs, undefined, { signal }).catch(() => undefined);
      const after = this.state();
      for (const text of changes(before, after)) this.note(text);
      before = after;
    }
  }

  async #followTable(signal: AbortSignal): Promise<void> {
    while (!over(signal)) {
      const late = setTimeout(() => (this.#answers = false), answerWithinMs);
      try {
        const rows = await readRows(this.#observed.database);
        this.#rows = rows.sort(
          (one, other) => inOrder(one.service, other.service) || inOrder(one.instanceId, other.instanceId),
        );
        this.#readAt = Date.now();
        this.#answers = true;
      } catch {
        // It is stopped, which is one of the things to try: the screen says so.
        this.#answers = false;
      } finally {
        clearTimeout(late);
      }
      await sleep(rowsIntervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Notes which endpoints came to be what they are. */
  #objectsChanged(): void {
    if (!this.#slices || !this.#grpcServices) return;
    const states = publishedStates(this.#slices, this.#grpcServices);
    // What is there at the first look came at an unknown time before.
    const since = this.#looked ? Date.now() : -Infinity;
    this.#looked = true;
    for (const key of new Set([...states.keys(), ...this.#endpoints.keys()])) {
      const state = states.get(key) ?? 'absent';
      if (this.#endpoints.get(key)?.state !== state) this.#endpoints.set(key, { state, since });
    }
  }
}

function shownWay({ via, target: to, caller }: OtherWay, now: number): ShownWay {
  if (caller instanceof Caller) return { via, target: to, calls: caller.counts(now) };
  return { via, target: to, missing: caller.missing, calls: new CallCounter().counts(now) };
}

function lastChange(rows: readonly FollowedRow[]): DemoState['lastChange'] {
  let last: DemoState['lastChange'];
  for (const { instanceId, wanted, wantedAt, afterMs } of rows) {
    if (afterMs === undefined || (last && last.at >= wantedAt + afterMs)) continue;
    last = {
      what: `${instanceId} ${wanted === 'absent' ? 'left' : wanted}`,
      at: wantedAt + afterMs,
      afterMs,
    };
  }
  return last;
}

const over = (signal: AbortSignal) => signal.aborted;

const byName = (one: { namespace: string; name: string }, other: { namespace: string; name: string }) =>
  `${one.namespace}/${one.name}`.localeCompare(`${other.namespace}/${other.name}`);
