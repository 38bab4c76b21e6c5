import type { RegistryDatabase } from '../world/registry.ts';

/** Arguments of the server that let it count by user and by kind of statement. */
export const statementStatistics = [
  '--performance-schema=ON',
  '--performance-schema-consumer-statements-digest=ON',
  '--performance-schema-instrument=statement/%=ON',
];

/** What the operator has asked of the database since the server's start. */
export interface SqlWork {
  /** Questions. */
  readonly statements: number;
  /** The sum of Handler_read_*: rows and index entries that the storage engine was asked for. */
  readonly rowReads: number;
  /** Rows that its statements examined. */
  readonly examined: number;
  /** Those that the audit's checksums examined. */
  readonly auditExamined: number;
}

/** Reads the server's own counters. The benchmark itself is another user and writes only. */
export async function sqlWork({ sql }: RegistryDatabase): Promise<SqlWork> {
  const counters = await sql<{ name: string; value: string }>(
    `SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM performance_schema.status_by_user
     WHERE USER = 'rollcall' AND (VARIABLE_NAME = 'Questions' OR VARIABLE_NAME LIKE 'Handler_read%')`,
  );
  const digests = await sql<{ text: string; examined: string }>(
    `SELECT DIGEST_TEXT AS text, SUM_ROWS_EXAMINED AS examined
     FROM performance_schema.events_statements_summary_by_digest
     WHERE SCHEMA_NAME = 'registry' AND DIGEST_TEXT NOT LIKE '%performance_schema%'`,
  );
  const questions = counters.find(({ name }) => name === 'Questions');
  if (!questions) throw new Error('the database counts nothing for the user rollcall');
  // The operator writes nothing while all is quiet, and the beats of the fleet are no SELECT.
  const selects = digests.filter(({ text }) => text.startsWith('SELECT'));
  const audits = selects.filter(({ text }) => text.includes('BIT_XOR'));
  return {
    statements: Number(questions.value),
    rowReads: sum(counters.filter((counter) => counter !== questions).map(({ value }) => value)),
    examined: sum(selects.map(({ examined }) => examined)),
    auditExamined: sum(audits.map(({ examined }) => examined)),
  };
}

function sum(numbers: readonly string[]): number {
  return numbers.reduce((total, number) => total + Number(number), 0);
}
