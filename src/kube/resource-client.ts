import { KubeApiError, type ObjectVersion, type ResourceClient } from '../controller/kube-ports.ts';
import type { KubeObject } from '../model/kube-objects.ts';
import { FIELD_MANAGER } from '../model/names.ts';
import type { ApiMethod, ApiRequest } from './api-request.ts';
import { resourcePath, type Resource } from './resources.ts';
import type { Transport } from './transport.ts';
import type { WriteGate } from './write-gate.ts';

/** Objects in one page of a list, as client-go has it. */
const PAGE = '500';

/** How writes of this client leave. Default: neither gate nor limit (the Lease itself). */
export interface WriteOptions {
  readonly gate?: WriteGate;
  readonly limited?: boolean;
  /** Default as in {@link ApiRequest.timeoutMs}. */
  readonly timeoutMs?: number;
}

interface ObjectList<T> {
  readonly metadata?: { readonly continue?: string };
  readonly items: readonly T[];
}

/** {@link ResourceClient} on the real API, with one more verb for what only this folder writes. */
export class ApiResourceClient<T extends KubeObject> implements ResourceClient<T> {
  readonly #transport: Transport;
  readonly #resource: Resource<T>;
  readonly #writes: WriteOptions;

  constructor(transport: Transport, resource: Resource<T>, writes: WriteOptions = {}) {
    this.#transport = transport;
    this.#resource = resource;
    this.#writes = writes;
  }

  async get(namespace: string, name: string, signal: AbortSignal): Promise<T | null> {
    try {
      return await this.#transport.request<T>(
        this.#read(resourcePath(this.#resource, namespace, name)),
        signal,
      );
    } catch (error) {
      if (error instanceof KubeApiError && error.code === 404) return null;
      throw error;
    }
  }

  async list(
    options: { readonly namespace?: string; readonly labelSelector?: string },
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    const { apiVersion, kind } = this.#resource;
    const path = resourcePath(this.#resource, options.namespace);
    const items: T[] = [];
    let next: string | undefined;
    do {
      const query = {
        limit: PAGE,
        ...(options.labelSelector !== undefined && { labelSelector: options.labelSelector }),
        ...(next !== undefined && { continue: next }),
      };
      const page = await this.#transport.request<ObjectList<T>>({ ...this.#read(path), query }, signal);
      // The items of a list do not say what they are; those of a watch and single objects do.
      for (const item of page.items) items.push({ ...item, apiVersion, kind });
      next = page.metadata?.continue;
    } while (next !== undefined && next !== '');
    return items;
  }

  create(object: T, signal: AbortSignal): Promise<T> {
    const path = resourcePath(this.#resource, object.metadata.namespace);
    return this.#write('POST', path, this.#typed(object), signal);
  }

  update(object: T, signal: AbortSignal): Promise<T> {
    return this.#put(object, undefined, signal);
  }

  updateStatus(object: T, signal: AbortSignal): Promise<T> {
    return this.#put(object, 'status', signal);
  }

  async delete(version: ObjectVersion, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid, resourceVersion } = version;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid, resourceVersion },
      propagationPolicy: 'Background',
    };
    try {
      await this.#write('DELETE', resourcePath(this.#resource, namespace, name), body, signal);
    } catch (error) {
      if (!(error instanceof KubeApiError && error.code === 404)) throw error;
    }
  }

  /** PATCH with application/merge-patch+json (RFC 7386): for single fields of objects that nobody else changes. */
  mergePatch(namespace: string, name: string, patch: unknown, signal: AbortSignal): Promise<T> {
    const path = resourcePath(this.#resource, namespace, name);
    return this.#write('PATCH', path, patch, signal, 'application/merge-patch+json');
  }

  /**
   * PATCH of the status subresource with application/apply-patch+yaml (server-side apply): sets the fields that `status` has, and takes away those that
   * `fieldManager` set before and that are not there; null: all of them. Makes no object: 404. Guarded by nothing but the ownership of fields: the API
   * server looks at no uid here.
   */
  applyStatus(
    {
      namespace,
      name,
      status,
    }: { readonly namespace: string; readonly name: string; readonly status: unknown },
    fieldManager: string,
    signal: AbortSignal,
  ): Promise<T> {
    const { apiVersion, kind } = this.#resource;
    // An empty object in its place would be stored as null, which no schema allows.
    const body = { apiVersion, kind, metadata: { namespace, name }, ...(status !== null && { status }) };
    const path = resourcePath(this.#resource, namespace, name, 'status');
    const request: ApiRequest = {
      ...{ ...this.#read(path), ...this.#writes, method: 'PATCH', body },
      // `force`: what a manager of this name owns is nobody else's.
      query: { fieldManager, force: 'true' },
      contentType: 'application/apply-patch+yaml',
    };
    return this.#transport.request<T>(request, signal);
  }

  async #put(object: T, subresource: string | undefined, signal: AbortSignal): Promise<T> {
    const { namespace, name, resourceVersion } = object.metadata;
    if (resourceVersion === undefined) {
      throw new Error(
        `an update of ${this.#resource.plural} ${name} must name the resourceVersion it replaces`,
      );
    }
    const path = resourcePath(this.#resource, namespace, name, subresource);
    return await this.#write('PUT', path, this.#typed(object), signal);
  }

  #write<R>(
    method: ApiMethod,
    path: string,
    body: unknown,
    signal: AbortSignal,
    contentType?: string,
  ): Promise<R> {
    const request: ApiRequest = {
      ...this.#read(path),
      ...this.#writes,
      method,
      body,
      ...(method !== 'DELETE' && { query: { fieldManager: FIELD_MANAGER } }),
      ...(contentType !== undefined && { contentType }),
    };
    return this.#transport.request<R>(request, signal);
  }

  #read(path: string): ApiRequest {
    return { method: 'GET', path, resource: this.#resource.plural };
  }

  #typed(object: T): T {
    return { ...object, apiVersion: this.#resource.apiVersion, kind: this.#resource.kind };
  }
}
