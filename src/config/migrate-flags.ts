import { flag, optional, required, secret } from './flag.ts';
import { duration, oneOf, text } from './kinds.ts';
import { mysqlUrl } from './mysql-url.ts';

const pem = text('PEM file', 'FILE');

/** Flags of `rollcall migrate`. */
export const migrateFlags = {
  url: secret(
    required(
      mysqlUrl,
      'The database; the variable is the better place for it, because other programs can read the command line',
    ),
  ),
  tlsMode: flag(
    oneOf(['Disabled', 'Required', 'VerifyCA', 'VerifyIdentity']),
    'Disabled',
    'Whether the connection is encrypted and the server proven, as in spec.mysql.tls.mode of a Registry',
  ),
  tlsCa: optional(
    pem,
    'the certificates that come with Node.js',
    'Authorities that may sign the certificate of the server',
  ),
  tlsCert: optional(pem, 'no client certificate', 'Certificate to show to the server; needs --tls-key'),
  tlsKey: optional(pem, 'no client certificate', 'Private key of --tls-cert'),
  lockTimeout: flag(
    duration('0s', '1h'),
    '1m',
    'How long to wait for another migration of the same database that runs at the same time',
  ),
} as const;
