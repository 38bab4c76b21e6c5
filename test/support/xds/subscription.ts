import { typeUrls } from './resources.ts';
import type { Response, TypeName, XdsStream } from './stream.ts';

/** Who the tests say that they are. */
export const testNode = { id: 'client.test', cluster: 'test', userAgentName: 'envoy', userAgentVersion: '1' };

/** What a well-behaved client says of one type, in either protocol. */
export class Subscription {
  readonly stream: XdsStream;
  readonly typeUrl: string;
  readonly #says: { node?: object };
  readonly #names = new Set<string>();
  #version = '';
  #nonce = '';

  /** `says.node` is sent with the first request of all subscriptions that share `says`. */
  constructor(stream: XdsStream, type: TypeName, says: { node?: object }) {
    this.stream = stream;
    this.typeUrl = typeUrls[type];
    this.#says = says;
  }

  /** Of the last response. */
  get nonce(): string {
    return this.#nonce;
  }

  /** Subscribes to more names; to none: the first request, which is a wildcard for some types. `more` are fields of the request. */
  subscribe(names: readonly string[], more: object = {}): void {
    for (const name of names) this.#names.add(name);
    this.#send(this.stream.delta ? { resourceNamesSubscribe: names } : {}, more);
  }

  unsubscribe(names: readonly string[]): void {
    for (const name of names) this.#names.delete(name);
    this.#send(this.stream.delta ? { resourceNamesUnsubscribe: names } : {});
  }

  ack(response: Response): void {
    this.#version = response.version;
    this.#nonce = response.nonce;
    this.#send(this.stream.delta ? { responseNonce: response.nonce } : {});
  }

  /** Refuses; with names that are subscribed to in the same breath. */
  nack(response: Response, names: readonly string[] = []): void {
    this.#nonce = response.nonce;
    for (const name of names) this.#names.add(name);
    const errorDetail = { code: 3, message: 'refused by the test' };
    this.#send(
      this.stream.delta
        ? { responseNonce: response.nonce, errorDetail, resourceNamesSubscribe: names }
        : { errorDetail },
    );
  }

  /** The next response of this type, not acknowledged. */
  next(): Promise<Response> {
    return this.stream.next(this.typeUrl);
  }

  /** The next response of this type, acknowledged. */
  async accept(): Promise<Response> {
    const response = await this.next();
    this.ack(response);
    return response;
  }

  /** All that comes of this type within the time that a silence takes, acknowledged: the server has seen every request before it. */
  async settle(): Promise<readonly Response[]> {
    const heard = await this.stream.heard(this.typeUrl);
    for (const response of heard) this.ack(response);
    return heard;
  }

  /** Nothing more comes of this type. */
  quiet(): Promise<void> {
    return this.stream.quiet(this.typeUrl);
  }

  #send(fields: object, more: object = {}): void {
    const { node } = this.#says;
    delete this.#says.node;
    const state = this.stream.delta
      ? {}
      : { resourceNames: [...this.#names], versionInfo: this.#version, responseNonce: this.#nonce };
    const who = node === undefined ? {} : { node };
    this.stream.send({ typeUrl: this.typeUrl, ...who, ...state, ...fields, ...more });
  }
}
