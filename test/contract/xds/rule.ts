import { typeUrls, type TestResource } from '../../support/xds/resources.ts';
import { methodOf, XdsStream, type Mode, type Patience, type TypeName } from '../../support/xds/stream.ts';
import { Subscription, testNode } from '../../support/xds/subscription.ts';

/** An xDS server for the conformance suite. */
export interface XdsSubject {
  /** `address:port` */
  readonly target: string;
  /** Makes one change of what it serves, and of what each resource needs (make before break). */
  readonly apply: (
    set: readonly TestResource[],
    remove?: readonly { readonly typeUrl: string; readonly name: string }[],
  ) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** One rule of the protocol, as a test of a subject that serves nothing yet. */
export interface Rule {
  /** A sentence on what the server does. */
  readonly name: string;
  /** Both by default. */
  readonly protocol?: Mode['protocol'];
  /** Both by default. */
  readonly service?: Mode['service'];
  /** The subject has not been told anything when it runs; by default it has been told that there is nothing. */
  readonly before?: 'ready';
  readonly run: (trial: Trial) => Promise<void>;
}

/** One run of a rule in one mode. */
export class Trial {
  readonly mode: Mode;
  readonly #subject: XdsSubject;
  readonly #patience: Patience;
  readonly #streams: XdsStream[] = [];
  readonly #served = new Map<string, { typeUrl: string; name: string }>();
  readonly #says = new WeakMap<XdsStream, { node?: object }>();

  constructor(subject: XdsSubject, mode: Mode, patience: Patience) {
    this.#subject = subject;
    this.mode = mode;
    this.#patience = patience;
  }

  get delta(): boolean {
    return this.mode.protocol === 'delta';
  }

  /** A stream of this mode; the type counts where each has its own. */
  stream(type: TypeName): XdsStream {
    const stream = new XdsStream(this.#subject.target, methodOf(this.mode, type), this.#patience);
    this.#streams.push(stream);
    return stream;
  }

  /** A client of one type: on a new stream, or on one that is there. */
  open(type: TypeName, { node = testNode, on }: { node?: object; on?: XdsStream } = {}): Subscription {
    const stream = on ?? this.stream(type);
    const says = this.#says.get(stream) ?? { node };
    this.#says.set(stream, says);
    return new Subscription(stream, type, says);
  }

  async set(...resources: readonly TestResource[]): Promise<void> {
    await this.change(resources, []);
  }

  async remove(...names: readonly [TypeName, string][]): Promise<void> {
    await this.change([], names);
  }

  /** All of it is one change. */
  async change(set: readonly TestResource[], remove: readonly [TypeName, string][]): Promise<void> {
    for (const { typeUrl, name } of set) this.#served.set(`${typeUrl}/${name}`, { typeUrl, name });
    await this.#subject.apply(
      set,
      remove.map(([type, name]) => ({ typeUrl: typeUrls[type], name })),
    );
  }

  /** Ends its streams and takes away what it put there. */
  async end(): Promise<void> {
    for (const stream of this.#streams) stream.close();
    if (this.#served.size > 0) await this.#subject.apply([], [...this.#served.values()]);
  }
}
