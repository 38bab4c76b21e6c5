/** A name as SQL text: `weird``name`. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** An account as CURRENT_USER() names it, user@host, as a GRANT wants it: 'user'@'host'. */
export function quoteAccount(account: string): string {
  const at = account.lastIndexOf('@');
  const quote = (text: string): string => `'${text.replaceAll(`'`, `''`)}'`;
  return at < 0 ? quote(account) : `${quote(account.slice(0, at))}@${quote(account.slice(at + 1))}`;
}

/** Microseconds since 1970 of an expression that is a TIMESTAMP, or a DATETIME in UTC. UNIX_TIMESTAMP is an exact decimal there. */
export function microseconds(expression: string): string {
  return `CAST(UNIX_TIMESTAMP(${expression}) * 1000000 AS SIGNED)`;
}

/** The moment of an expression in microseconds. A decimal factor, because integer division keeps four digits only. */
export function moment(us: string): string {
  return `FROM_UNIXTIME(${us} * 0.000001)`;
}

/** The moment of a `?` in microseconds. */
export const MOMENT = moment('?');

/** The database's clock, at the start of the statement. */
export const NOW_US = microseconds('NOW(6)');

/**
 * The content hash of a row, computed by the server so that reads and audits never differ by how a text is converted: 16 hexadecimal
 * digits of SHA-256 (MD5 left the server in MySQL 9.6). QUOTE makes it unambiguous: its texts end where they end, and NULL is unlike any text.
 */
export function contentHash(expressions: readonly string[]): string {
  const parts = expressions.map((expression) => `QUOTE(CONVERT(${expression} USING utf8mb4))`);
  return `LEFT(SHA2(CONCAT_WS(',', ${parts.join(', ')}), 256), 16)`;
}

/** Count and exclusive or of content hashes: the columns of a checksum. */
export function checksumColumns(hash: string): string {
  const bits = `CAST(CONV(${hash}, 16, 10) AS UNSIGNED)`;
  return `COUNT(*), LPAD(LOWER(HEX(BIT_XOR(${bits}))), 16, '0')`;
}
