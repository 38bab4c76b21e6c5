import { isIP } from 'node:net';
import type { SslOptions } from 'mysql2';
import type { MysqlAccess, MysqlTarget } from './access.ts';

/**
 * mysql2's TLS options for a mode of MySQL's --ssl-mode (dev.mysql.com/doc/refman/8.4/en/connection-options.html):
 *
 * | mode           | encrypted | chain verified | name verified |
 * |----------------|-----------|----------------|---------------|
 * | Disabled       | no        | -              | -             |
 * | Required       | yes       | no             | no            |
 * | VerifyCA       | yes       | yes            | no            |
 * | VerifyIdentity | yes       | yes            | yes           |
 */
export function tlsOptions(target: MysqlTarget, access: MysqlAccess): SslOptions | undefined {
  if (target.tls === 'Disabled') return undefined;
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: target.tls !== 'Required',
    verifyIdentity: target.tls === 'VerifyIdentity',
    ...(access.ca === undefined ? {} : { ca: access.ca }),
    ...(access.cert === undefined ? {} : { cert: access.cert }),
    ...(access.key === undefined ? {} : { key: access.key }),
  };
}

/**
 * What node:tls verifies a certificate against when no server name was sent (there is none for addresses): the socket's `_host`, which
 * Node sets only for names, and 'localhost' without it. Null where there is nothing to set.
 */
export function addressToVerify(target: MysqlTarget): { readonly _host: string } | null {
  return isIP(target.host) === 0 ? null : { _host: target.host };
}
