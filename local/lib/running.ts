import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { localDir } from '../components/cache.ts';

/** A namespace of namespace.ts that is running. */
export interface RunningNamespace {
  /** Of its first process, as seen from here. */
  readonly pid: number;
  /** When it started, in clock ticks since the machine did. */
  readonly since: number;
}

/**
 * The namespaces of this checkout and this user in which `local/<command>.ts` runs, the newest first. They are found
 * among the processes: nothing is written anywhere, so nothing can be out of date or left behind.
 */
export function runningNamespaces(command: string): RunningNamespace[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const since = isFirstProcess(name, command) ? startTime(name) : undefined;
      return since === undefined ? [] : [{ pid: Number(name), since }];
    })
    .sort((one, other) => other.since - one.since);
}

/** nsenter's arguments for the namespace of a process. */
export function nsenterArgs(pid: number): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  return [`--target=${pid}`, ...user, '--net', '--mount', '--pid'];
}

function isFirstProcess(name: string, command: string): boolean {
  const [, init, , script] = read(name, 'cmdline').split('\0');
  if (init !== join(localDir, 'namespace-init.sh') || script !== join(localDir, `${command}.ts`))
    return false;
  // Its own child has the same command line: only the first one is number 1 inside.
  const [, numbers = ''] = /^NSpid:\s*(.*)$/m.exec(read(name, 'status')) ?? [];
  return numbers.endsWith('\t1') && statSync(`/proc/${name}`).uid === process.getuid?.();
}

/** Field 22 of proc_pid_stat(5); the name before it may contain anything. */
function startTime(name: string): number | undefined {
  const fields = read(name, 'stat').split(') ').at(-1)?.split(' ');
  return fields === undefined || fields.length < 20 ? undefined : Number(fields[19]);
}

/** Processes end while one looks; one that has ended says nothing. */
function read(name: string, file: string): string {
  try {
    return readFileSync(`/proc/${name}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
