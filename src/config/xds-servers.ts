import { bad, good, type Kind } from './kind.ts';
import type { HostPort } from './values.ts';

/** The name of the Service in front of the xDS servers, as deploy/ makes it, and its port. */
export const XDS_SERVICE = { name: 'rollcall-xds', port: 18_000 } as const;

const SERVER =
  /^(?:dns:\/\/\/)?(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?)):(\d{1,5})$/;

/** Addresses of servers with commas between them; `dns:///` before one is what gRPC writes. */
export const serverList: Kind<readonly HostPort[]> = {
  type: 'list of servers',
  placeholder: 'HOST:PORT,...',
  list: true,
  parse: (given) => {
    const servers: HostPort[] = [];
    for (const each of given.split(',').map((part) => part.trim())) {
      const match = SERVER.exec(each);
      const port = Number(match?.[4] ?? NaN);
      if (match === null || !(port >= 1 && port <= 65_535)) {
        return bad(`has "${each}" in it, which is not of the form HOST:PORT, such as xds.example.com:18000`);
      }
      servers.push(Object.freeze({ host: match[1] ?? match[2] ?? '', port }));
    }
    return good(Object.freeze(servers));
  },
};

/** The Service of an operator. */
export function xdsServiceOf(namespace: string, domain: string): HostPort {
  return { host: `${XDS_SERVICE.name}.${namespace}.svc.${domain}`, port: XDS_SERVICE.port };
}
