import ipaddr from 'ipaddr.js';
import { ipText, parseIp, quoted } from './address.ts';

/** A block of addresses: "10.0.0.0/8", "2001:db8::/32". */
export interface Cidr {
  /** Canonical text, host bits zero. */
  readonly text: string;
  readonly network: ipaddr.IPv4 | ipaddr.IPv6;
  readonly bits: number;
}

export type ParsedCidr =
  { readonly ok: true; readonly cidr: Cidr } | { readonly ok: false; readonly message: string };

const SLASHED = /^([^/]+)\/(0|[1-9]\d{0,2})$/;

/**
 * Reads one entry of allowedCIDRs. Host bits do not count ("10.1.2.3/8" is 10.0.0.0/8), and a block within ::ffff:0:0/96 is
 * the IPv4 block that it maps, because addresses are judged in their canonical form. Never throws.
 */
export function parseCidr(text: string): ParsedCidr {
  const match = SLASHED.exec(text);
  const given = match?.[1] === undefined ? null : parseIp(match[1]);
  if (given === null) return invalid(text);
  const wasMapped = given.kind() === 'ipv4' && text.includes(':');
  const bits = Number(match?.[2]) - (wasMapped ? 96 : 0);
  const bytes = given.toByteArray();
  if (bits < 0 || bits > bytes.length * 8) return invalid(text);
  const network = ipaddr.fromByteArray(masked(bytes, bits));
  return { ok: true, cidr: { text: `${ipText(network)}/${bits}`, network, bits } };
}

/** Whether a canonical address lies in the block. A block of one family never contains an address of the other. */
export function cidrContains(cidr: Cidr, address: string): boolean {
  const ip = parseIp(address);
  if (ip?.kind() !== cidr.network.kind()) return false;
  return ip.match(cidr.network, cidr.bits);
}

function masked(bytes: readonly number[], bits: number): number[] {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    return byte & (0xff00 >> kept) & 0xff;
  });
}

function invalid(text: string): ParsedCidr {
  return {
    ok: false,
    message: `${quoted(text)} is not a CIDR block: write one like 10.0.0.0/8 or 2001:db8::/32 (one address: 10.9.8.7/32)`,
  };
}
