/** What a statement in the log means for the table that is followed. */
export type StatementMeaning = 'none' | 'end' | 'table' | 'rows';

const ENDS = /^(?:COMMIT|ROLLBACK|XA\s+(?:COMMIT|ROLLBACK))\b/i;
const STARTS = /^(?:BEGIN|START|SAVEPOINT|XA|SET|FLUSH|GRANT|REVOKE)\b/i;
const DDL = /^(?:CREATE|ALTER|DROP|TRUNCATE|RENAME)\b/i;
const DML = /^(?:INSERT|UPDATE|DELETE|REPLACE|LOAD|WITH|SELECT|CALL|DO)\b/i;
const TEMPORARY = /^(?:CREATE|DROP)\s+(?:OR\s+REPLACE\s+)?TEMPORARY\b/i;
/** MariaDB's SET STATEMENT max_statement_time = 10 FOR TRUNCATE instances (mariadb.com/kb/en/set-statement); the log has all of it. */
const WITH_SETTINGS = /^SET\s+STATEMENT\s(?:[^'"]|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")*?\sFOR\s+/i;
const DATABASE = /^(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:DATABASE|SCHEMA)\b/i;

/**
 * Reads a statement as far as is needed to know whether it may concern `table` of `database`: `end` ends a transaction, `table` changes the
 * table itself (its rows are told by no event), `rows` changes rows of it without saying which (statement format). In doubt it does: a resync
 * too many costs a read. `current`: the session's database. Names are compared without case, because servers differ in that.
 */
export function statementMeaning(
  text: string,
  current: string,
  { database, table }: { readonly database: string; readonly table: string },
): StatementMeaning {
  // Most are BEGIN, and long ones need not be read for their first word.
  const head = text.trimStart().replace(WITH_SETTINGS, '');
  if (ENDS.test(head)) return 'end';
  if (STARTS.test(head)) return 'none';
  const plain = withoutComments(text).trimStart().replace(WITH_SETTINGS, '');
  if (ENDS.test(plain)) return 'end';
  if (STARTS.test(plain)) return 'none';
  const isDdl = DDL.test(plain);
  if ((!isDdl && !DML.test(plain)) || TEMPORARY.test(plain)) return 'none';
  if (DATABASE.test(plain)) return names(plain, database) ? 'table' : 'none';
  if (!namesTable(plain, current, database, table)) return 'none';
  return isDdl ? 'table' : 'rows';
}

/** Without comments; what is in executable ones stays: DROP /*!40005 TEMPORARY *\/ TABLE. Quoted texts are not looked into. */
function withoutComments(text: string): string {
  return text.replaceAll(
    /('(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`)|\/\*M?!\d*|\/\*[\s\S]*?\*\/|\*\/|--(?=\s|$)[^\n]*|#[^\n]*/g,
    (_, quoted: string | undefined) => quoted ?? ' ',
  );
}

interface Name {
  readonly text: string;
  /** True when the name before it and a dot qualify it. */
  readonly isQualified: boolean;
}

/** All words and quoted names in order. Texts in double quotes may be names (sql_mode ANSI_QUOTES). */
function* namesOf(plain: string): Generator<Name> {
  const pattern = /'(?:[^'\\]|\\.|'')*'|`((?:[^`]|``)*)`|"((?:[^"\\]|\\.|"")*)"|([\p{L}\p{N}_$]+)|(\.)/gu;
  let isQualified = false;
  for (const [, ticked, quoted, word, dot] of plain.matchAll(pattern)) {
    if (dot !== undefined) {
      isQualified = true;
      continue;
    }
    const text = ticked?.replaceAll('``', '`') ?? quoted?.replaceAll('""', '"') ?? word;
    if (text !== undefined) yield { text: text.toLowerCase(), isQualified };
    isQualified = false;
  }
}

function names(plain: string, name: string): boolean {
  for (const { text } of namesOf(plain)) if (text === name.toLowerCase()) return true;
  return false;
}

function namesTable(plain: string, current: string, database: string, table: string): boolean {
  const wanted = table.toLowerCase();
  const home = database.toLowerCase();
  const isHome = current.toLowerCase() === home;
  let before = '';
  for (const { text, isQualified } of namesOf(plain)) {
    if (text === wanted && (isQualified ? before === home : isHome)) return true;
    before = text;
  }
  return false;
}
