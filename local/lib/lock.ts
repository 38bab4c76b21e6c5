import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Does `work` while holding an exclusive lock on `file`, so that two builders never work at the same thing at once.
 *
 * The lock is flock(2), held by a small child that lives as long as the pipe to it: the kernel lets go of it however
 * this process ends, so a lock never has to be judged stale.
 */
export async function withLock<T>(file: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = setTimeout(onWait, 1000);
  try {
    const ended = once(holder, 'exit').then(() => Promise.reject(new Error(`${file} could not be locked`)));
    await Promise.race([once(holder.stdout, 'data'), ended]);
    ended.catch(() => undefined);
  } finally {
    clearTimeout(waiting);
  }
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}
