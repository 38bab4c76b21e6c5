import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Who is at the other end of a connection. */
export interface Peer {
  readonly address: string;
  /** URI and DNS names of its certificate; empty without one. */
  readonly names: readonly string[];
}

/** Reads {@link Peer} from the socket of a session. */
export function peerOf(socket: Socket | TLSSocket): Peer {
  const { remoteAddress: host = '', remotePort: port = 0 } = socket;
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  // The socket of a session is a proxy: it has a prototype, but none of the properties that `in` would look for.
  if (!(socket instanceof TLSSocket)) return { address, names: [] };
  return { address, names: subjectNames(socket.getPeerX509Certificate()?.subjectAltName ?? '') };
}

/**
 * URI and DNS names of a subject alternative name as node:crypto writes it: `DNS:a, URI:"a, DNS:b"`. It quotes, as JSON, what could be taken for
 * more than one name; cut at each comma, such a certificate would lend itself names (CVE-2021-44532).
 */
export function subjectNames(text: string): readonly string[] {
  const names: string[] = [];
  for (const [, kind, quoted, plain = ''] of text.matchAll(
    /(?:^|, )([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g,
  )) {
    if (kind !== 'URI' && kind !== 'DNS') continue;
    names.push(quoted === undefined ? plain : (JSON.parse(quoted) as string));
  }
  return names;
}
