import { createSocket } from 'node:dgram';
import { dnsAddress } from '../../../local/namespace.ts';

/** What a UDP answer says of itself. */
export interface UdpAnswer {
  /** TC: more did not fit, ask over TCP. */
  readonly truncated: boolean;
  /** 0 NOERROR, 3 NXDOMAIN. */
  readonly code: number;
  readonly records: number;
  readonly bytes: number;
  /** The last four bytes: the last A record's address, where there is one and no EDNS. */
  readonly lastAddress: string;
}

const TYPES = { A: 1, AAAA: 28 } as const;

/**
 * Asks by one UDP packet, as no resolver does: without falling back to TCP, without a cache, without trying again.
 * `edns` is the size of answers that it claims to take (RFC 6891); without it the limit is 512 bytes.
 */
export async function askByUdp(
  host: string,
  options: { readonly type?: keyof typeof TYPES; readonly edns?: number; readonly server?: string } = {},
): Promise<UdpAnswer> {
  const { type = 'A', edns, server = dnsAddress } = options;
  const header = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns === undefined ? 0 : 1];
  const name = host.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  const option = edns === undefined ? [] : [0, 0, 41, edns >> 8, edns & 255, 0, 0, 0, 0, 0, 0];
  const question = Buffer.from([...header, ...name, 0, 0, TYPES[type], 0, 1, ...option]);
  const socket = createSocket('udp4');
  try {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${server} did not answer for ${host}`)), 1000);
      socket.on('error', reject).on('message', (message) => {
        clearTimeout(late);
        resolve(message);
      });
      socket.send(question, 53, server);
    });
    return {
      truncated: ((answer[2] ?? 0) & 2) !== 0,
      code: (answer[3] ?? 0) & 15,
      records: answer.readUInt16BE(6),
      bytes: answer.length,
      lastAddress: answer.subarray(-4).join('.'),
    };
  } finally {
    socket.close();
  }
}
