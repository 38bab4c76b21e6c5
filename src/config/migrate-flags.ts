import { flag, optional, required, secret } from './flag.ts';
import { duration, oneOf, text, toggle } from './kinds.ts';
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
  feed: optional(
    oneOf(['trigger']),
    'the tables of the registry alone',
    'Also what this feed needs: for trigger the table change_log and the triggers that write it; needs the privilege TRIGGER and, while the server writes ' +
      'a binary log, log_bin_trust_function_creators or SUPER',
  ),
  registry: optional(
    text('YAML file', 'FILE'),
    'the table instances of schema Managed',
    'Manifest of the Registry whose table is to be followed, with --feed: for a table of your own',
  ),
  remove: flag(
    toggle,
    'false',
    'Remove what the feed needed, with --feed; rows of the registry stay as they are',
  ),
  dryRun: flag(
    toggle,
    'false',
    'Change nothing and print the statements that --feed would run, for a database administrator and the mysql client',
  ),
} as const;
