/**
 * Somebody else's load on the same server: multi-row INSERTs into a table of another database, at a steady rate, for a bounded time. A process of
 * its own. Arguments: URL of the server, rows a second, seconds. Writes the number of rows that were written to standard output.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';

const rowsAtOnce = 1000;
const text = 'a row of somebody else, of a usual size for a line of a log';

const [url = '', rateText = '', secondsText = ''] = process.argv.slice(2);
const rate = Number(rateText);
const durationMs = Number(secondsText) * 1000;

const connection = await createConnection(url);
await connection.query('CREATE DATABASE IF NOT EXISTS elsewhere');
await connection.query(
  'CREATE TABLE IF NOT EXISTS elsewhere.noise (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, text VARCHAR(100) NOT NULL)',
);
const values = Array.from({ length: rowsAtOnce }, () => `('${text}')`).join();
const since = performance.now();
let written = 0;
for (let now = since; now - since < durationMs; now = performance.now()) {
  const dueMs = since + (written * 1000) / rate;
  if (dueMs > now) await sleep(dueMs - now);
  await connection.query(`INSERT INTO elsewhere.noise (text) VALUES ${values}`);
  written += rowsAtOnce;
}
await connection.end();
console.log(written);
