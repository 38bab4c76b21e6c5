import type { KubeObject } from '../model/kube-objects.ts';
import type { ObjectKey } from '../model/key.ts';

/** Identity of an object's stored version: what a guarded write names. */
export interface ObjectVersion {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** The reads and writes of one kind of object, on the real API server. Every method rejects with {@link KubeApiError}, or RetryableError when no answer came. */
export interface ResourceClient<T extends KubeObject> {
  get(namespace: string, name: string, signal: AbortSignal): Promise<T | null>;
  list(
    options: { readonly namespace?: string; readonly labelSelector?: string },
    signal: AbortSignal,
  ): Promise<readonly T[]>;
  /** POST. A name that is taken answers 409 AlreadyExists. */
  create(object: T, signal: AbortSignal): Promise<T>;
  /** PUT; `metadata.resourceVersion` must be set, so that a write that arrives late answers 409 Conflict instead of harming (safety rule 6). */
  update(object: T, signal: AbortSignal): Promise<T>;
  /** PUT of the status subresource, guarded in the same way. */
  updateStatus(object: T, signal: AbortSignal): Promise<T>;
  /** DELETE with the preconditions uid and resourceVersion; an object that is gone already is fine. */
  delete(version: ObjectVersion, signal: AbortSignal): Promise<void>;
}

/** An answer of the API server that is an error: a metav1.Status. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  /** HTTP status: 403, 404, 409, 410, 422, 429, 500 ... */
  readonly code: number;
  /** metav1.StatusReason: NotFound, AlreadyExists, Conflict, Invalid, Expired, TooManyRequests ... */
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  /** `details.causes` reasons, such as NamespaceTerminating. */
  readonly causes: readonly string[];
  constructor(
    code: number,
    reason: string,
    message: string,
    options?: ErrorOptions & { retryAfterMs?: number | undefined; causes?: readonly string[] },
  ) {
    super(message, options);
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = options?.retryAfterMs;
    this.causes = options?.causes ?? [];
  }
}

/** The reason of the RetryableError of a write that was not sent, or was cut short, because this replica does not lead. */
export const NOT_LEADING = 'NotLeading';

/** A read-only cache of one kind, kept by a reflector. Objects in it are never changed in place. */
export interface ObjectCache<T extends KubeObject> {
  /** True once the first list is complete. */
  readonly synced: boolean;
  get(key: ObjectKey): T | undefined;
  /** All objects, in no order. */
  values(): Iterable<T>;
  /** The objects that `index` (given when the cache was made) maps to `value`. */
  byIndex(index: string, value: string): readonly T[];
  /** Calls back after each change of the cache (`old` undefined: added; `now` undefined: removed). Answers how to stop it. */
  subscribe(
    listener: (change: { readonly old: T | undefined; readonly now: T | undefined }) => void,
  ): () => void;
}

/** events.k8s.io/v1: what a person sees in `kubectl describe`. Never throws, never waits: lost events cost nothing. */
export interface EventRecorder {
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Whether this replica may write to Kubernetes. */
export interface Leadership {
  /** True while the lease is held and will be for long enough that a write that starts now ends within it. */
  readonly isLeader: boolean;
}
