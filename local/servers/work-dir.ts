import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insideNamespace, workDir } from '../namespace.ts';

/**
 * A new folder for a server's files. Inside the namespace it is in memory and ends with it; logs go to
 * `$ROLLCALL_LOGS` when that is set, to keep them.
 */
export function newWorkDir(name: string): string {
  const parent = insideNamespace() ? workDir : tmpdir();
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, `${name}-`));
}

const logNumbers = new Map<string, number>();

/** A log file for a server; every server of this process has one of its own. */
export function newLogFile(name: string): string {
  const folder = process.env.ROLLCALL_LOGS ?? join(insideNamespace() ? workDir : tmpdir(), 'logs');
  mkdirSync(folder, { recursive: true });
  const number = (logNumbers.get(name) ?? 0) + 1;
  logNumbers.set(name, number);
  return join(folder, number === 1 ? `${name}-${process.pid}.log` : `${name}-${process.pid}-${number}.log`);
}
