import { isDeepStrictEqual } from 'node:util';
import type { Endpoint } from '../../desired/endpoint.ts';
import type { ObjectKey } from '../../model/key.ts';
import { type ResourceKey, TYPE, type XdsResource } from '../resource.ts';
import { configResources, endpointsResource, type XdsServiceInput } from '../resources/service-resources.ts';
import type { XdsView } from '../resources/view.ts';
import { encodeDraft, sameOr } from './encode-draft.ts';

/** What gRPC clients are shown of one GrpcService. */
export interface ServiceContent {
  readonly service: XdsServiceInput;
  /** Null: not known (the registry was not read yet): there is no assignment then, so that clients keep what they have. */
  readonly endpoints: readonly Endpoint[] | null;
}

interface Encoded {
  readonly content: ServiceContent;
  readonly config: ReadonlyMap<string, XdsResource>;
  readonly assignment: XdsResource | undefined;
}

/** Told of content that could not be encoded: a bug, for specs and rows are checked before. */
export type OnEncodeFault = (key: ObjectKey, error: unknown) => void;

/**
 * The resources of GrpcServices as one view sees them, encoded when they are first asked for, and again only where their content is another. What cannot be
 * encoded stays as it was before, and harms nobody else (safety rule 7).
 */
export class ViewCache {
  readonly view: XdsView;
  readonly #onFault: OnEncodeFault;
  readonly #encoded = new Map<ObjectKey, Encoded>();

  constructor(view: XdsView, onFault: OnEncodeFault) {
    this.view = view;
    this.#onFault = onFault;
  }

  /** A resource of the GrpcService `key`, whose content is this now. */
  get(key: ObjectKey, content: ServiceContent, resource: ResourceKey): XdsResource | undefined {
    const { config, assignment } = this.#upToDate(key, content);
    if (resource.typeUrl !== TYPE.endpoints) return config.get(keyText(resource));
    return assignment?.name === resource.name ? assignment : undefined;
  }

  forget(key: ObjectKey): void {
    this.#encoded.delete(key);
  }

  #upToDate(key: ObjectKey, content: ServiceContent): Encoded {
    const before = this.#encoded.get(key);
    if (before?.content === content) return before;
    const encoded = this.#encode(key, content, before);
    this.#encoded.set(key, encoded);
    return encoded;
  }

  #encode(key: ObjectKey, content: ServiceContent, before: Encoded | undefined): Encoded {
    const isSameConfig = before !== undefined && isDeepStrictEqual(before.content.service, content.service);
    try {
      return {
        content,
        config: isSameConfig ? before.config : this.#config(content, before?.config),
        assignment: this.#assignment(content, before?.assignment),
      };
    } catch (error) {
      this.#onFault(key, error);
      return { config: new Map(), assignment: undefined, ...before, content };
    }
  }

  #config({ service }: ServiceContent, before: Encoded['config'] | undefined): Encoded['config'] {
    return new Map(
      configResources(service, this.view).map((draft) => {
        const text = keyText(draft);
        return [text, sameOr(before?.get(text), encodeDraft(draft))];
      }),
    );
  }

  #assignment(
    { service, endpoints }: ServiceContent,
    before: XdsResource | undefined,
  ): XdsResource | undefined {
    if (endpoints === null) return undefined;
    return sameOr(before, encodeDraft(endpointsResource(service, { endpoints }, this.view)));
  }
}

/** Tells resources apart. */
export function keyText({ typeUrl, name }: ResourceKey): string {
  return `${typeUrl} ${name}`;
}
