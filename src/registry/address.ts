import ipaddr from 'ipaddr.js';
import type { AddressType } from '../model/instance.ts';

/** What {@link parseAddress} answers. `message` is a sentence that names the value and says what would be right. */
export type ParsedAddress =
  | { readonly ok: true; readonly address: string; readonly addressType: AddressType }
  | {
      readonly ok: false;
      readonly reason: 'InvalidAddress' | 'SpecialAddress';
      readonly message: string;
    };

/** Ranges that no client of a service can dial, with the words people know them by. */
const SPECIAL: Readonly<Record<string, string>> = {
  unspecified: 'the unspecified address',
  loopback: 'a loopback address',
  linkLocal: 'a link-local address',
  multicast: 'a multicast address',
  broadcast: 'the broadcast address',
};

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));
const STRICT_IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
/** Strict, and neither special nor in the reserved block: what nearly every row has, told at a tenth of the cost. */
const ORDINARY_IPV4 = new RegExp(
  `^(?!0\\.|127\\.|169\\.254\\.|22[4-9]\\.|2[3-5]\\d\\.)${OCTET}(?:\\.${OCTET}){3}$`,
);

const DOTTED_TAIL = /^(.*:)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;

/**
 * Reads the address of a registry row: an IPv4 or IPv6 address that a client can dial, in its canonical text (RFC 5952
 * for IPv6; IPv4-mapped IPv6 becomes the IPv4 address that it is). Never throws.
 *
 * Stricter than the API server in each point (ValidateEndpointIP, and strict IP validation in newer versions), because one
 * address that it refuses would make it refuse the whole EndpointSlice: no leading zeros, no zone (`%eth0`), no mapped
 * addresses, and multicast of every scope counts as special.
 */
export function parseAddress(text: string): ParsedAddress {
  if (ORDINARY_IPV4.test(text)) return { ok: true, address: text, addressType: 'IPv4' };
  const ip = parseIp(text);
  if (ip === null) {
    return {
      ok: false,
      reason: 'InvalidAddress',
      message: `address ${quoted(text)} is not an IP address: write one like 10.9.8.7 or 2001:db8::7`,
    };
  }
  const special = SPECIAL[ip.range()];
  if (special !== undefined) {
    return {
      ok: false,
      reason: 'SpecialAddress',
      message: `address ${quoted(text)} is ${special}: write one that other hosts can reach`,
    };
  }
  return { ok: true, address: ipText(ip), addressType: ip.kind() === 'ipv4' ? 'IPv4' : 'IPv6' };
}

/**
 * The address strictly parsed, or null. ipaddr.js alone is too lenient (octal and hexadecimal parts, three parts, zones)
 * and takes `::1.2.3.4` for the mapped address of 1.2.3.4, so only plain forms are handed to it.
 */
export function parseIp(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (!text.includes(':')) return parseIpv4(text);
  const plain = withoutDottedTail(text);
  if (plain === null || plain.includes('%') || !ipaddr.IPv6.isValid(plain)) return null;
  const ip = ipaddr.IPv6.parse(plain);
  return ip.isIPv4MappedAddress() ? ip.toIPv4Address() : ip;
}

/** The canonical text of a parsed address. */
export function ipText(ip: ipaddr.IPv4 | ipaddr.IPv6): string {
  return ip.kind() === 'ipv4' ? ip.toString() : (ip as ipaddr.IPv6).toRFC5952String();
}

/**
 * The bytes of a canonical address in hexadecimal, high byte first: compared as text within one address type they give the
 * order of the addresses as numbers. Throws on anything that {@link parseAddress} did not give.
 */
export function addressSortKey(address: string): string {
  if (STRICT_IPV4.test(address)) {
    return address.split('.').reduce((hex, octet) => hex + (HEX[Number(octet)] ?? ''), '');
  }
  const ip = parseIp(address);
  if (ip === null) throw new Error(`${quoted(address)} is not a canonical address`);
  return Buffer.from(ip.toByteArray()).toString('hex');
}

/** A value as messages show it: JSON text, cut to 64 characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}...` : text);
}

function parseIpv4(text: string): ipaddr.IPv4 | null {
  return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : null;
}

/** `64:ff9b::1.2.3.4` as `64:ff9b::102:304`; null when the dotted part is not an IPv4 address. */
function withoutDottedTail(text: string): string | null {
  const match = DOTTED_TAIL.exec(text);
  if (match === null) return text.includes('.') ? null : text;
  const [, head = '', dotted = ''] = match;
  const ip = parseIpv4(dotted);
  if (ip === null) return null;
  const [a = 0, b = 0, c = 0, d = 0] = ip.octets;
  return `${head}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
