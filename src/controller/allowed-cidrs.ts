import type { Registry } from '../model/registry.ts';
import { type Cidr, parseCidr } from '../registry/cidr.ts';

/** Parsed blocks, by the Registry object that they are from. */
const parsed = new WeakMap<Registry, readonly Cidr[]>();

/**
 * spec.allowedCIDRs; empty: every address is allowed. The API server has checked each one (CEL isCIDR). One that it took and we do not understand allows
 * nothing; and because an empty list would allow everything, a list of which none is understood becomes one that no publishable address is in.
 */
export function allowedCidrs(registry: Registry): readonly Cidr[] {
  const known = parsed.get(registry);
  if (known !== undefined) return known;
  const texts = registry.spec.allowedCIDRs ?? [];
  const understood = read(texts);
  const cidrs = texts.length > 0 && understood.length === 0 ? read(['0.0.0.0/32']) : understood;
  parsed.set(registry, cidrs);
  return cidrs;
}

function read(texts: readonly string[]): readonly Cidr[] {
  return texts.map(parseCidr).flatMap((result) => (result.ok ? [result.cidr] : []));
}
