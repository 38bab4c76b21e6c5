import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import type { KubeObject } from '../../../src/model/kube-objects.ts';
import type { World } from './world.ts';

/** One event of a watch. */
export interface LoggedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
  /** The revision of the store: one order over all kinds of objects. */
  readonly revision: bigint;
}

/** Everything that happens to the objects of one kind in one namespace, from the start of the log on. */
export class EventLog {
  readonly events: LoggedEvent[] = [];
  readonly #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  /** `path`: of the list, such as /api/v1/namespaces/shop/services. */
  static async start(world: World, path: string): Promise<EventLog> {
    const log = new EventLog();
    const list = await world.cluster.request<{ metadata: { resourceVersion: string } }>('GET', path);
    const { url, ca, token } = world.cluster.apiServer;
    const dispatcher = new Agent({ connect: { ca }, bodyTimeout: 0 });
    const { body } = await request(
      `${url}${path}?watch=true&resourceVersion=${list.metadata.resourceVersion}`,
      { dispatcher, headers: { authorization: `Bearer ${token}` }, signal: log.#stop.signal },
    );
    log.#ended = log.#read(body).finally(() => dispatcher.destroy());
    return log;
  }

  /** The revision of the first event of this type about the object; 0 when there was none. */
  revisionOf(type: LoggedEvent['type'], name: string | RegExp): bigint {
    const found = this.events.find(
      (event) =>
        event.type === type &&
        (typeof name === 'string'
          ? event.object.metadata.name === name
          : name.test(event.object.metadata.name)),
    );
    return found?.revision ?? 0n;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #read(body: NodeJS.ReadableStream): Promise<void> {
    try {
      for await (const line of createInterface({ input: body })) {
        const event = JSON.parse(line) as Pick<LoggedEvent, 'type' | 'object'>;
        this.events.push({ ...event, revision: BigInt(event.object.metadata.resourceVersion ?? '0') });
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }
}
