import type { KubeObject } from '../../../src/model/kube-objects.ts';
import { EventLog } from './event-log.ts';
import type { World } from './world.ts';

/** All that is written to the slices, Services and GrpcServices of one namespace, refused and idle writes left out. */
export class WriteLog {
  readonly #logs: Readonly<Record<Plural, EventLog>>;

  private constructor(logs: Readonly<Record<Plural, EventLog>>) {
    this.#logs = logs;
  }

  static async start(world: World, namespace: string): Promise<WriteLog> {
    const log = (group: string, plural: Plural): Promise<EventLog> =>
      EventLog.start(world, `${group}/namespaces/${namespace}/${plural}`);
    return new WriteLog({
      endpointslices: await log('/apis/discovery.k8s.io/v1', 'endpointslices'),
      services: await log('/api/v1', 'services'),
      grpcservices: await log('/apis/rollcall.dev/v1alpha1', 'grpcservices'),
    });
  }

  /** How many writes there were. */
  count(plural: Plural): number {
    return this.#logs[plural].events.length;
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#logs).map((log) => log.stop()));
  }
}

type Plural = 'endpointslices' | 'services' | 'grpcservices';

/** The versions of objects by name: what is equal twice was not written in between. */
export function versions(objects: readonly (KubeObject | undefined)[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objects.flatMap((object) =>
      object === undefined ? [] : [[object.metadata.name, object.metadata.resourceVersion ?? '']],
    ),
  );
}
