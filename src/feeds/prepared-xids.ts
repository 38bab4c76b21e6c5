/** More than these are not remembered: whoever prepares so many and finishes none has other troubles. */
const MOST_XIDS = 10_000;

const FINISHES = /^\s*XA\s+(COMMIT|ROLLBACK)\s+(X'[\da-f]*',\s*X'[\da-f]*',\s*\d+)\s*$/i;

/** An xid as the statements of the log write it: X'6162',X'',1 (dev.mysql.com/doc/refman, XA Transaction SQL Statements). */
export function xidText(gtrid: Buffer, bqual: Buffer, formatId: number): string {
  return normal(`X'${gtrid.toString('hex')}',X'${bqual.toString('hex')}',${formatId}`);
}

/**
 * The XA transactions that were seen being prepared. The log has their rows there, and none where they are committed: one that was prepared before
 * the log was followed changes what nobody was told of.
 */
export class PreparedXids {
  readonly #known = new Set<string>();

  prepared(text: string): void {
    const xid = normal(text);
    this.#known.add(xid);
    if (this.#known.size <= MOST_XIDS) return;
    const [oldest = xid] = this.#known;
    this.#known.delete(oldest);
  }

  /** Takes note of a statement that ends a transaction; true when it commits one whose rows were not seen. */
  revealsUnseen(statement: string): boolean {
    const [, verb = '', xid] = FINISHES.exec(statement) ?? [];
    if (xid === undefined) return false;
    return !this.#known.delete(normal(xid)) && verb.toUpperCase() === 'COMMIT';
  }
}

function normal(xid: string): string {
  return xid.replaceAll(/\s/g, '').toUpperCase();
}
