import { createHash } from 'node:crypto';
import type { AddressType } from '../model/instance.ts';

/** Longest name of an object (RFC 1123 subdomain). */
const MAX_NAME = 253;
/** Room for "-4-", five digits of the hash, "-" and a number. */
const SUFFIX_ROOM = 16;

/**
 * Names for new slices: `<service>-<4|6>-<hash of the GrpcService's uid>-<n>`, n the lowest free number from 1 on. Every
 * replica makes the same names, so a slice that two of them create, or one of them twice, is refused as AlreadyExists
 * instead of doubled (kubernetes/kubernetes#100033).
 */
export function sliceNames(
  serviceName: string,
  uid: string,
  taken: ReadonlySet<string>,
): (addressType: AddressType) => string {
  const hash = createHash('sha256').update(uid).digest('hex').slice(0, 5);
  const stem = serviceName.slice(0, MAX_NAME - SUFFIX_ROOM).replace(/[-.]+$/, '');
  const used = new Set(taken);
  const next = { IPv4: 1, IPv6: 1 };
  return (addressType) => {
    for (;;) {
      const name = `${stem}-${addressType === 'IPv4' ? 4 : 6}-${hash}-${next[addressType]}`;
      next[addressType] += 1;
      if (used.has(name)) continue;
      used.add(name);
      return name;
    }
  };
}
