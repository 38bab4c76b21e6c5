import type { TestDatabase } from './testbed/index.ts';

/** Runs a statement in a transaction of its own connection, and commits it when `release` resolves. */
export async function slowTransaction(
  { server, name }: TestDatabase,
  sql: string,
  release: Promise<unknown>,
): Promise<void> {
  const connection = await server.connect(name);
  try {
    await connection.query('START TRANSACTION');
    await connection.query(sql);
    await release;
    await connection.query('COMMIT');
  } finally {
    await connection.end();
  }
}
