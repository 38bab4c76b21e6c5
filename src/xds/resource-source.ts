import type { XdsNode } from './discovery.ts';
import type { ResourceKey, XdsResource } from './resource.ts';

/**
 * What the engine serves (port). A view is what all clients of one kind, in one place, are shown alike: its name is opaque to the engine, and one
 * stream has one view for its life.
 */
export interface ResourceSource {
  /** False before everything was read for the first time: streams are refused then, for an empty world would be taken for the truth. */
  readonly isReady: boolean;
  /** The view of a client; called once, with the first request of a stream. */
  viewOf(node: XdsNode): string;
  /** Undefined: there is no such resource. The same object again as long as the content is the same. */
  get(view: string, key: ResourceKey): XdsResource | undefined;
  /** What a wildcard subscription gets. */
  all(view: string, typeUrl: string): readonly XdsResource[];
  /** Calls back with keys of which some view may see another content, an appearance or a disappearance; answers how to stop it. */
  subscribe(listener: (changed: readonly ResourceKey[]) => void): () => void;
}
