import { type DatabaseFlavor, startMariadb, startMysql } from '../../../local/servers/database.ts';

/**
 * The database that tests use which say nothing of one: what the environment variable ROLLCALL_TEST_DATABASE names, `mariadb` or `mysql`.
 * Default: mariadb. `npm run test:faults` runs the tests of faults on each.
 */
export const testedDatabase: DatabaseFlavor = flavorOf(process.env.ROLLCALL_TEST_DATABASE ?? 'mariadb');

/** Starts a server of that database for one test of its own. */
export const startTestedDatabase = testedDatabase === 'mariadb' ? startMariadb : startMysql;

function flavorOf(name: string): DatabaseFlavor {
  if (name === 'mariadb' || name === 'mysql') return name;
  throw new Error(`ROLLCALL_TEST_DATABASE is mariadb or mysql, not ${name}`);
}
