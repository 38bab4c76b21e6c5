import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDir, localDir } from '../components/cache.ts';

/** One file for each kind of namespace of this checkout; it holds the process id of its `unshare`. */
const fileOf = (name: string) => {
  const checkout = createHash('sha256').update(localDir).digest('hex').slice(0, 8);
  return join(cacheDir(), 'running', `${name}-${checkout}`);
};

/** Lets others find a namespace by its name; gives the function that takes this back. */
export function announce(name: string, pid: number): () => void {
  const file = fileOf(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${pid}`);
  return () => rmSync(file, { force: true });
}

/** The process id of the `unshare` of a running namespace; a file that a killed process left behind counts for nothing. */
export function announcedNamespace(name: string): number | undefined {
  const file = fileOf(name);
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8'));
  const cmdline = `/proc/${pid}/cmdline`;
  return existsSync(cmdline) && readFileSync(cmdline, 'utf8').includes('namespace-init.sh') ? pid : undefined;
}

/** nsenter's arguments for the namespace that an `unshare` process holds (its process namespace is its children's). */
export function nsenterArgs(pid: number): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  const here = [`--wd=${process.cwd()}`, `--pid=/proc/${pid}/ns/pid_for_children`];
  return [`--target=${pid}`, ...user, '--net', '--mount', ...here];
}
