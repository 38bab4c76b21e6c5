import assert from 'node:assert/strict';
import { RetryableError, TerminalError } from '../../../src/lib/errors.ts';
import { type ErrorContext, translateError } from '../../../src/mysql/mysql-error.ts';

const context: ErrorContext = {
  target: { host: 'db', port: 3306, database: 'registry', tls: 'VerifyCA' },
  username: 'rollcall',
  account: null,
  reader: 'Registry',
};
const vendor = (fields: { code?: unknown; errno?: number; sqlMessage?: string }, message = 'oops') =>
  Object.assign(new Error(message), fields);

const terminal = [
  { errno: 1045, reason: 'AccessDenied', says: /credentialsSecretRef/ },
  { errno: 1698, reason: 'AccessDenied', says: /credentialsSecretRef/ },
  { errno: 1049, reason: 'DatabaseNotFound', says: /registry/ },
  {
    errno: 1146,
    reason: 'TableNotFound',
    says: /rollcall migrate --url mysql:\/\/USER:PASSWORD@db:3306\/registry/,
  },
  { errno: 1054, reason: 'ColumnNotFound', says: /spec\.schema\.custom/ },
  {
    errno: 1142,
    sqlMessage: 'DELETE command denied',
    reason: 'GrantMissing',
    says: /GRANT SELECT, DELETE ON `registry`\.\* TO 'rollcall'@'%';/,
  },
  {
    errno: 1142,
    sqlMessage: 'SELECT command denied',
    reason: 'GrantMissing',
    says: /GRANT SELECT ON `registry`\.\* TO/,
  },
  { errno: 1227, reason: 'GrantMissing', says: /GRANT REPLICATION CLIENT ON \*\.\* TO 'rollcall'@'%'/ },
  { code: 'HANDSHAKE_NO_SSL_SUPPORT', reason: 'TlsFailed', says: /VerifyCA/ },
  { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', reason: 'TlsFailed', says: /spec\.mysql\.tls/ },
  { errno: 3159, reason: 'TlsFailed', says: /spec\.mysql\.tls/ },
];

const retryable = [
  { code: 'ECONNREFUSED', reason: 'HostUnreachable' },
  { code: 'EAI_AGAIN', reason: 'HostUnreachable' },
  { code: 'PROTOCOL_CONNECTION_LOST', reason: 'HostUnreachable' },
  {
    code: 'ER_SERVER_SHUTDOWN',
    errno: 1053,
    sqlMessage: 'Server shutdown in progress',
    reason: 'HostUnreachable',
  },
  { code: 'ER_CON_COUNT_ERROR', errno: 1040, sqlMessage: 'Too many connections', reason: 'ServerError' },
  { code: 'ER_LOCK_DEADLOCK', errno: 1213, sqlMessage: 'Deadlock found', reason: 'ServerError' },
  { errno: 64_999, sqlMessage: 'An error of the year 2040', reason: 'ServerError' },
];

describe('an error of the database', () => {
  for (const { reason, says, ...fields } of terminal) {
    it(`${JSON.stringify(fields)} is terminal: ${reason}, and says what to do`, () => {
      const error = translateError(vendor(fields), context);
      assert.ok(error instanceof TerminalError, String(error));
      assert.equal(error.reason, reason);
      assert.match(error.message, says);
      assert.ok(error.cause instanceof Error);
    });
  }

  for (const { reason, ...fields } of retryable) {
    it(`${JSON.stringify(fields)} is tried again: ${reason}`, () => {
      const error = translateError(vendor(fields), context);
      assert.ok(error instanceof RetryableError, String(error));
      assert.equal(error.reason, reason);
      assert.ok(error.message.includes('db:3306'));
    });
  }

  it('is never ours, an abort or a bug made into something else', () => {
    const abort = new DOMException('aborted', 'AbortError');
    for (const error of [new TerminalError('X', 'x'), new RetryableError('y'), new TypeError('z'), abort]) {
      assert.equal(translateError(error, context), error);
    }
  });

  const denied = vendor({
    errno: 1142,
    sqlMessage: "SELECT command denied to user 'rollcall'@'10.1.2.3' for table 'x'",
  });

  it('grants to the account that the server took us for, not to the host that we come from', () => {
    const error = translateError(denied, { ...context, account: { user: "roll'call", host: '10.1.%' } });
    assert.match(error.message, /GRANT SELECT ON `registry`\.\* TO 'roll''call'@'10\.1\.%';$/);
  });

  it('grants to the account that a refused login names', () => {
    const sqlMessage = "Access denied for user 'rollcall'@'10.2.%' to database 'registry'";
    const error = translateError(vendor({ errno: 1044, sqlMessage }), context);
    assert.match(error.message, /GRANT SELECT ON `registry`\.\* TO 'rollcall'@'10\.2\.%';$/);
  });

  it('speaks of flags to who sits at a command line', () => {
    const error = translateError(vendor({ errno: 1045 }), { ...context, reader: 'CommandLine' });
    assert.match(error.message, /--url/);
    assert.doesNotMatch(error.message, /spec\./);
  });
});
