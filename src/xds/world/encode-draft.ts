import type { Messages, TypeUrl } from '../codec/generated/messages.ts';
import { makeResource } from '../codec/resources.ts';
import type { XdsResource } from '../resource.ts';
import type { ResourceDraft } from '../resources/proto.ts';

/** A resource to the bytes that streams are sent. */
export function encodeDraft({ typeUrl, name, message, needs }: ResourceDraft): XdsResource {
  // A draft's message is of the type that its typeUrl names (see ResourceDraft).
  return makeResource(typeUrl as TypeUrl, name, message as Messages[keyof Messages], needs);
}

/** Equal content is the same object: whoever has it need not look further. What a resource needs is a part of it that its bytes do not show. */
export function sameOr(before: XdsResource | undefined, now: XdsResource): XdsResource {
  if (before?.version !== now.version || before.name !== now.name) return now;
  const isSameNeed = ({ typeUrl, name }: XdsResource['needs'][number], index: number): boolean =>
    before.needs[index]?.typeUrl === typeUrl && before.needs[index].name === name;
  return before.needs.length === now.needs.length && now.needs.every(isSameNeed) ? before : now;
}
