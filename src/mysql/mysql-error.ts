import { errorMessage, RetryableError, TerminalError } from '../lib/errors.ts';
import type { MysqlTarget } from './access.ts';

/** What the message of an error should name. */
export interface ErrorContext {
  readonly target: MysqlTarget;
  readonly username: string;
  /** The account that the server took us for, as CURRENT_USER() has it; null before the login. */
  readonly account: { readonly user: string; readonly host: string } | null;
  /** Who reads the message: somebody with a Registry (whose fields it names), or at a command line. */
  readonly reader: 'Registry' | 'CommandLine';
}

/** What mysql2 and node:net throw. */
interface VendorError extends Error {
  readonly code?: unknown;
  readonly errno?: number;
  readonly sqlMessage?: string;
}

type Say = (context: ErrorContext, error: VendorError) => TerminalError | RetryableError;

const where = ({ target }: ErrorContext): string => `${target.host}:${target.port}`;
const text = (error: VendorError): string => error.sqlMessage ?? errorMessage(error);

type Words = (context: ErrorContext, error: VendorError) => string;

const terminal =
  (reason: string, message: Words, mend?: Words): Say =>
  (context, error) =>
    new TerminalError(reason, message(context, error), { cause: error, mend: mend?.(context, error) });

const accessDenied = terminal(
  'AccessDenied',
  (context, error) =>
    `${where(context)} refuses the user ${context.username} (${text(error)}): ` +
    (context.reader === 'CommandLine'
      ? 'check the user and the password of --url'
      : 'put the right username and password into the Secret that spec.mysql.credentialsSecretRef names'),
);

const grantMissing = terminal(
  'GrantMissing',
  (context, error) => `${text(error)}; type on the database: ${grantFor(context, error)}`,
  (context, error) => grantFor(context, error),
);

/** The server does not tell whether there is such a database to a user who may not see it. */
const databaseClosed = terminal(
  'GrantMissing',
  (context, error) =>
    `${where(context)} lets ${context.username} into no database ${context.target.database}: where the name is wrong, correct ` +
    `${databaseField(context)}; otherwise create it and type on the database: ${grantFor(context, error)}`,
  (context, error) => grantFor(context, error),
);

const tlsFailed = terminal(
  'TlsFailed',
  (context, error) =>
    `TLS with ${where(context)} failed (${text(error)}): check ` +
    (context.reader === 'CommandLine'
      ? 'the TLS flags'
      : 'spec.mysql.tls (mode, caSecretRef, clientCertificateSecretRef)') +
    `, now of mode ${context.target.tls}, against the server's certificate`,
);

/** Error numbers of the server: dev.mysql.com/doc/mysql-errors, mariadb.com/kb/en/mariadb-error-code-reference. */
const BY_NUMBER: Readonly<Record<number, Say>> = {
  1044: databaseClosed,
  1045: accessDenied,
  1698: accessDenied,
  1820: accessDenied,
  1862: accessDenied,
  3118: accessDenied,
  4151: accessDenied,
  1049: terminal(
    'DatabaseNotFound',
    (context) =>
      `${where(context)} has no database ${context.target.database}: create it, or correct ${databaseField(context)}`,
  ),
  1054: terminal(
    'ColumnNotFound',
    (_, error) =>
      `${text(error)}: correct spec.schema.custom, or run "rollcall migrate" where the schema is Managed`,
  ),
  1142: grantMissing,
  1143: grantMissing,
  1146: terminal(
    'TableNotFound',
    (context, error) =>
      `${text(error)}: for a table of your own set spec.schema.type to Custom; otherwise ${migrateHint(context)}`,
    (context) => migrateCommand(context),
  ),
  1176: terminal(
    'IndexNotFound',
    (_, error) =>
      `${text(error)}: the tables are not as "rollcall migrate" made them; make the index again (docs/sql.md)`,
  ),
  1227: grantMissing,
  1356: terminal(
    'InvalidView',
    (_, error) => `${text(error)}: correct the view, or the grants of its definer`,
  ),
  3159: tlsFailed,
};

/** Errors of the network, and of a server that goes away. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_FORCING_CLOSE',
  'ER_CONNECTION_KILLED',
  'ER_CLIENT_INTERACTION_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);

/** Codes of OpenSSL and Node about certificates: node lib/internal/tls, OpenSSL's X509_verify_cert_error. */
const TLS_CODE =
  /^(?:ERR_(?:TLS|SSL)_|HANDSHAKE_|CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_|ERR_OSSL_)/;

/** The command that makes our tables, with the login left for the reader to fill in: the operator's own may not do that. */
export function migrateCommand({ target }: ErrorContext): string {
  return `rollcall migrate --url mysql://USER:PASSWORD@${target.host}:${target.port}/${target.database}`;
}

/** Whom to ask for {@link migrateCommand}; it ends in the command. */
export function migrateHint(context: ErrorContext): string {
  return `run, as a user who may create tables: ${migrateCommand(context)}`;
}

/**
 * The vendor's error in our words: TerminalError where somebody has to mend something (its message says what to type), RetryableError for
 * what passes. Errors of ours, and of bugs, come back as they are.
 */
export function translateError(error: unknown, context: ErrorContext): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof RetryableError || error instanceof TerminalError) return error;
  const vendor = error as VendorError;
  const known = vendor.errno === undefined ? undefined : BY_NUMBER[vendor.errno];
  if (known !== undefined) return known(context, vendor);
  // A DOMException (an abort) has a number there.
  const code = typeof vendor.code === 'string' ? vendor.code : '';
  if (TLS_CODE.test(code)) return tlsFailed(context, vendor);
  if (UNREACHABLE.has(code)) {
    return new RetryableError(`${where(context)} cannot be reached (${unreachableHint(context)})`, {
      reason: 'HostUnreachable',
      cause: error,
    });
  }
  if (code.startsWith('ER_') || code.startsWith('PROTOCOL_') || vendor.sqlMessage !== undefined) {
    return new RetryableError(`${where(context)} could not answer`, { reason: 'ServerError', cause: error });
  }
  return error;
}

/** ER_LOCK_WAIT_TIMEOUT (MariaDB's NOWAIT says the same), ER_LOCK_DEADLOCK and ER_LOCK_NOWAIT. */
const HELD: ReadonlySet<number> = new Set([1205, 1213, 3572]);

/** True when a statement failed because others hold what it asked for; `error` is one that {@link translateError} made. */
export function isHeldByOthers(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly errno?: number } };
  return error instanceof RetryableError && HELD.has(cause?.errno ?? 0);
}

/** The number of the server's own error behind one that {@link translateError} made. */
export function serverErrorNumber(error: unknown): number | undefined {
  const { cause } = error as { readonly cause?: { readonly errno?: number } };
  return cause?.errno;
}

function databaseField({ reader }: ErrorContext): string {
  return reader === 'CommandLine' ? 'the end of --url' : 'spec.mysql.database';
}

function unreachableHint({ reader }: ErrorContext): string {
  return reader === 'CommandLine'
    ? 'check --url, and whether the server runs'
    : 'check spec.mysql.host and spec.mysql.port, whether the server runs, and NetworkPolicies; it is tried again by itself';
}

/**
 * The account to grant to, in SQL. "command denied" names the host that we come from, which is not the account's; "denied to database",
 * the answer to a login, names the account's own (sql_acl and mysql_change_db in both servers' sources).
 */
function accountOf({ username, account }: ErrorContext, error: VendorError): string {
  const told = /^Access denied for user '(.*)'@'([^']*)' to database /.exec(error.sqlMessage ?? '');
  const [user, host] =
    account === null ? [told?.[1] ?? username, told?.[2] ?? '%'] : [account.user, account.host];
  return [user, host].map((part) => `'${part.replaceAll("'", "''")}'`).join('@');
}

function grantFor(context: ErrorContext, error: VendorError): string {
  const { target, reader } = context;
  const user = accountOf(context, error);
  if (reader === 'CommandLine') {
    return `GRANT SELECT, INSERT, UPDATE, CREATE, ALTER, INDEX ON \`${target.database}\`.* TO ${user};`;
  }
  if (error.errno === 1227) {
    // To ask how far a replica is behind. MariaDB's answer names its own privilege.
    const isMariadb = (error.sqlMessage ?? '').includes('SLAVE MONITOR');
    return `GRANT ${isMariadb ? 'SLAVE MONITOR' : 'REPLICATION CLIENT'} ON *.* TO ${user};`;
  }
  const verb = /^(DELETE|INSERT|UPDATE|CREATE|ALTER|INDEX|REFERENCES) command/.exec(
    error.sqlMessage ?? '',
  )?.[1];
  return `GRANT ${verb === undefined || verb === 'SELECT' ? 'SELECT' : `SELECT, ${verb}`} ON \`${target.database}\`.* TO ${user};`;
}
