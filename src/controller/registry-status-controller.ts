import type { Clock } from '../lib/clock.ts';
import { type ObjectKey, objectKey } from '../model/key.ts';
import type { Registry, RegistryStatus } from '../model/registry.ts';
import { turns } from './conditions.ts';
import type { EventRecorder, ObjectCache, ResourceClient } from './kube-ports.ts';
import { registryStatus, registryStatusDelayMs } from './registry-status.ts';
import type { RegistrySupervisor } from './registry-supervisor.ts';
import type { Requeue, WorkQueue } from './work-queue.ts';
import { WrittenStatuses } from './written-statuses.ts';

export interface RegistryStatusControllerOptions {
  readonly registries: ObjectCache<Registry>;
  readonly supervisor: RegistrySupervisor;
  readonly client: ResourceClient<Registry>;
  readonly events: EventRecorder;
  readonly queue: WorkQueue<ObjectKey>;
  readonly clock: Clock;
}

/** How often numbers and times of a Registry's status are looked at again, in ms. */
const LOOK_AGAIN_MS = 60_000;

/** Writes Registry.status: one replica, the leader, tells what it sees itself. */
export class RegistryStatusController {
  readonly #options: RegistryStatusControllerOptions;
  readonly #written: WrittenStatuses<Registry>;

  constructor(options: RegistryStatusControllerOptions) {
    this.#options = options;
    this.#written = new WrittenStatuses(options.clock);
  }

  /** Works for one term of leadership, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { registries, supervisor, queue } = this.#options;
    const stops = [
      registries.subscribe(({ old, now }) => {
        if (now !== undefined && old?.metadata.generation !== now.metadata.generation)
          queue.add(objectKey(now));
      }),
      supervisor.subscribe((key, service) => {
        if (service === null) queue.add(key);
      }),
    ];
    for (const registry of registries.values()) queue.add(objectKey(registry));
    try {
      await queue.run((key, workSignal) => this.#reconcile(key, workSignal), signal);
    } finally {
      for (const stop of stops) stop();
      this.#written.forgetAll();
    }
  }

  async #reconcile(key: ObjectKey, signal: AbortSignal): Promise<Requeue | undefined> {
    const { registries, supervisor, client, clock } = this.#options;
    const cached = registries.get(key);
    const facts = supervisor.facts(key);
    if (cached === undefined || facts === undefined) {
      this.#written.forget(key);
      return undefined;
    }
    const registry = this.#written.latest(cached);
    const status = registryStatus(registry, facts, clock.wallNow());
    const delayMs = registryStatusDelayMs(registry.status, status, this.#written.sinceMs(key));
    if (delayMs === 0) {
      this.#announce(registry, status);
      this.#written.wrote(await client.updateStatus({ ...registry, status }, signal));
    }
    return { requeueAfterMs: delayMs === null || delayMs === 0 ? LOOK_AGAIN_MS : delayMs };
  }

  /** What goes wrong is told of every condition, that all is well again of Ready alone. */
  #announce(registry: Registry, status: RegistryStatus): void {
    for (const { old, now } of turns(registry.status?.conditions ?? [], status.conditions ?? [])) {
      const isGood = now.status === 'True';
      if (now.status === 'Unknown' || (isGood && (old === undefined || now.type !== 'Ready'))) continue;
      this.#options.events.event(registry, isGood ? 'Normal' : 'Warning', now.reason, now.message);
    }
  }
}
