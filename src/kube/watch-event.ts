import { KubeApiError } from '../controller/kube-ports.ts';
import type { KubeObject } from '../model/kube-objects.ts';
import { statusError, type ApiStatus } from './api-error.ts';

/** One line of a watch. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: KubeObject };

/** Bookmark annotation that ends the initial events of a WatchList (KEP-3157). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Parses one line; an ERROR event is thrown as the KubeApiError that its Status stands for. `what` names the watch in messages. */
export function parseWatchEvent<T>(line: string, what: string): WatchEvent<T> {
  const event = JSON.parse(line) as WatchEvent<T> | { readonly type: 'ERROR'; readonly object: ApiStatus };
  if (event.type === 'ERROR') throw statusError(what, event.object);
  return event;
}

/** True for the bookmark that says: that was everything there is; what follows is news. */
export function endsInitialEvents(event: WatchEvent<KubeObject>): boolean {
  return event.type === 'BOOKMARK' && event.object.metadata.annotations?.[INITIAL_EVENTS_END] === 'true';
}

/**
 * True when the server no longer has the history since our resourceVersion (410), or not yet (it was restored from a
 * backup, or its cache is behind): only a new list helps.
 */
export function isExpired(error: unknown): boolean {
  if (!(error instanceof KubeApiError)) return false;
  return error.code === 410 || error.reason === 'Expired' || error.causes.includes('ResourceVersionTooLarge');
}

/** True when the server answers that it does not know WatchList: sendInitialEvents is "forbidden" where the feature is off. */
export function refusesWatchList(error: unknown): boolean {
  return error instanceof KubeApiError && (error.code === 400 || error.code === 422);
}

/** Resource versions are integers that can be compared (KEP-5504); NaN-safe: what is no number is never older. */
export function isOlder(resourceVersion: string, than: string): boolean {
  return Number(resourceVersion) < Number(than);
}
