import { setImmediate as turn } from 'node:timers/promises';
import { KubeApiError, type ObjectVersion, type ResourceClient } from '../../src/controller/kube-ports.ts';
import type { KubeObject } from '../../src/model/kube-objects.ts';

/** A request as the fake saw it. */
export interface FakeCall {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'updateStatus' | 'delete' | 'mergePatch';
  readonly name: string;
}

/**
 * An API server of one kind in memory, with what guards writes on the real one: resourceVersions, 404, 409, uid. Every call
 * takes a turn of the event loop; `before` may delay it or make it fail.
 */
export class FakeResourceClient<T extends KubeObject> implements ResourceClient<T> {
  readonly objects = new Map<string, T>();
  readonly calls: FakeCall[] = [];
  /** Runs before a call is carried out; what it throws is the answer. */
  before: (call: FakeCall, signal: AbortSignal) => Promise<void> | void = () => undefined;
  #revision = 100;

  async get(namespace: string, name: string, signal: AbortSignal): Promise<T | null> {
    await this.#enter('get', name, signal);
    return this.objects.get(`${namespace}/${name}`) ?? null;
  }

  async list(
    options: { readonly namespace?: string; readonly labelSelector?: string },
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    await this.#enter('list', '', signal);
    const wanted = options.namespace;
    return [...this.objects.values()].filter(
      ({ metadata }) => wanted === undefined || metadata.namespace === wanted,
    );
  }

  async create(object: T, signal: AbortSignal): Promise<T> {
    await this.#enter('create', object.metadata.name, signal);
    const key = keyOf(object);
    if (this.objects.has(key)) throw new KubeApiError(409, 'AlreadyExists', `${key} exists`);
    return this.#store({ ...object, metadata: { ...object.metadata, uid: `uid-${(this.#revision += 1)}` } });
  }

  update(object: T, signal: AbortSignal): Promise<T> {
    return this.#replace('update', object, signal);
  }

  updateStatus(object: T, signal: AbortSignal): Promise<T> {
    return this.#replace('updateStatus', object, signal);
  }

  async mergePatch(namespace: string, name: string, patch: object, signal: AbortSignal): Promise<T> {
    await this.#enter('mergePatch', name, signal);
    const now = this.objects.get(`${namespace}/${name}`);
    if (now === undefined) throw new KubeApiError(404, 'NotFound', `${name} is gone`);
    return this.#store({ ...now, ...patch });
  }

  async delete(version: ObjectVersion, signal: AbortSignal): Promise<void> {
    await this.#enter('delete', version.name, signal);
    const key = `${version.namespace}/${version.name}`;
    const now = this.objects.get(key);
    if (now === undefined) return;
    if (now.metadata.uid !== version.uid || now.metadata.resourceVersion !== version.resourceVersion) {
      throw new KubeApiError(409, 'Conflict', `${key} is another version`);
    }
    this.objects.delete(key);
  }

  async #replace(verb: 'update' | 'updateStatus', object: T, signal: AbortSignal): Promise<T> {
    await this.#enter(verb, object.metadata.name, signal);
    const now = this.objects.get(keyOf(object));
    if (now === undefined) throw new KubeApiError(404, 'NotFound', `${keyOf(object)} is gone`);
    if (now.metadata.resourceVersion !== object.metadata.resourceVersion) {
      throw new KubeApiError(409, 'Conflict', `${keyOf(object)} is another version`);
    }
    return this.#store(object);
  }

  async #enter(verb: FakeCall['verb'], name: string, signal: AbortSignal): Promise<void> {
    const call = { verb, name };
    this.calls.push(call);
    await turn();
    signal.throwIfAborted();
    await this.before(call, signal);
    signal.throwIfAborted();
  }

  #store(object: T): T {
    const resourceVersion = String((this.#revision += 1));
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion } };
    this.objects.set(keyOf(stored), stored);
    return stored;
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
