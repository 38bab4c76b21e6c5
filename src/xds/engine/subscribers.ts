import { WILDCARD } from './protocol.ts';

const NOBODY: ReadonlySet<never> = new Set<never>();

/** Who wants what: a change costs those who want it, not all. `S` is compared by identity. */
export class Subscribers<S> {
  readonly #byType = new Map<string, Map<string, Set<S>>>();

  add(typeUrl: string, name: string, subscriber: S): void {
    const names = this.#byType.get(typeUrl) ?? new Map<string, Set<S>>();
    this.#byType.set(typeUrl, names);
    const of = names.get(name) ?? new Set<S>();
    names.set(name, of);
    of.add(subscriber);
  }

  remove(typeUrl: string, name: string, subscriber: S): void {
    const names = this.#byType.get(typeUrl);
    const of = names?.get(name);
    of?.delete(subscriber);
    if (of?.size === 0) names?.delete(name);
    if (names?.size === 0) this.#byType.delete(typeUrl);
  }

  /** Those who subscribed to the name itself. */
  named(typeUrl: string, name: string): ReadonlySet<S> {
    return this.#byType.get(typeUrl)?.get(name) ?? NOBODY;
  }

  /** Those who want everything of the type. */
  wildcard(typeUrl: string): ReadonlySet<S> {
    return this.named(typeUrl, WILDCARD);
  }

  /** Nobody is subscribed to anything. */
  get isEmpty(): boolean {
    return this.#byType.size === 0;
  }
}
