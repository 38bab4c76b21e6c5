import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { KubeApiError, type ObjectVersion, type ResourceClient } from '../../src/controller/kube-ports.ts';
import type { KubeObject } from '../../src/model/kube-objects.ts';

/** A request as the fake saw it. */
export interface FakeCall {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'updateStatus' | 'delete' | 'mergePatch';
  readonly name: string;
}

/**
 * An API server of one kind in memory, with what guards writes on the real one: resourceVersions, 404, 409, uid. It keeps the contract
 * of test/contract/resource-client.ts. Every call takes a turn of the event loop; `before` may delay it or make it fail.
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
    const { namespace, labelSelector } = options;
    const isSelected = selector(labelSelector);
    return [...this.objects.values()].filter(
      ({ metadata }) =>
        (namespace === undefined || metadata.namespace === namespace) && isSelected(metadata.labels ?? {}),
    );
  }

  async create(object: T, signal: AbortSignal): Promise<T> {
    await this.#enter('create', object.metadata.name, signal);
    const key = keyOf(object);
    if (this.objects.has(key)) throw new KubeApiError(409, 'AlreadyExists', `${key} exists`);
    const uid = `uid-${(this.#revision += 1)}`;
    const metadata = { ...object.metadata, uid, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
    return this.#store({ ...object, status: undefined, metadata });
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
    return this.#change(now, merged(now, patch) as T);
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
    const { name, uid, resourceVersion } = object.metadata;
    if (resourceVersion === undefined)
      throw new Error(`an update of ${name} must name the resourceVersion it replaces`);
    await this.#enter(verb, name, signal);
    const now = this.objects.get(keyOf(object));
    if (now === undefined) throw new KubeApiError(404, 'NotFound', `${keyOf(object)} is gone`);
    const isOther = uid !== undefined && uid !== now.metadata.uid;
    if (isOther || now.metadata.resourceVersion !== resourceVersion)
      throw new KubeApiError(409, 'Conflict', `${keyOf(object)} is another version`);
    return this.#change(
      now,
      verb === 'update' ? { ...object, status: statusOf(now) } : { ...now, status: statusOf(object) },
    );
  }

  async #enter(verb: FakeCall['verb'], name: string, signal: AbortSignal): Promise<void> {
    const call = { verb, name };
    this.calls.push(call);
    await turn();
    signal.throwIfAborted();
    await this.before(call, signal);
    signal.throwIfAborted();
  }

  /** What the server itself says of an object stays; a write that changes nothing makes no new version. */
  #change(now: T, wanted: T): T {
    const { uid, creationTimestamp, generation, resourceVersion } = now.metadata;
    const metadata = { ...wanted.metadata, uid, creationTimestamp, generation, resourceVersion };
    const next = asStored({ ...wanted, metadata });
    if (isDeepStrictEqual(next, asStored(now))) return now;
    if (generation === undefined || isDeepStrictEqual(specOf(next), specOf(asStored(now))))
      return this.#store(next);
    return this.#store({ ...next, metadata: { ...next.metadata, generation: generation + 1 } });
  }

  #store(object: T): T {
    const resourceVersion = String((this.#revision += 1));
    const stored = asStored({ ...object, metadata: { ...object.metadata, resourceVersion } });
    this.objects.set(keyOf(stored), stored);
    return stored;
  }
}

/** As it comes back: a field that is undefined was never sent. */
function asStored<T>(object: T): T {
  return JSON.parse(JSON.stringify(object)) as T;
}

function statusOf(object: KubeObject & { readonly status?: unknown }): unknown {
  return object.status;
}

/** What counts in `metadata.generation`. */
function specOf(object: KubeObject): object {
  return { ...object, metadata: undefined, status: undefined };
}

/** RFC 7386: objects by field, null takes away, everything else as a whole. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isPlain(patch)) return patch;
  const result = new Map(Object.entries(isPlain(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The forms that the operator asks for: `key`, `key=value`, `key!=value`, all of which must hold. */
function selector(text = ''): (labels: Readonly<Record<string, string>>) => boolean {
  const terms = text.split(',').filter((term) => term !== '');
  return (labels) =>
    terms.every((term) => {
      const [, key = '', operator, value] = /^([\w./-]+)(?:(!?=)([\w.-]*))?$/.exec(term) ?? [];
      if (key === '') throw new KubeApiError(400, 'BadRequest', `unable to parse requirement: ${term}`);
      if (operator === undefined) return key in labels;
      return (labels[key] === value) === (operator === '=');
    });
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
