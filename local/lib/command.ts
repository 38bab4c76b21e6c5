import { Unavailable } from '../components/component.ts';
import { enterNamespace, NamespaceRefused, type Inside } from '../namespace.ts';

/**
 * The outer half of a command of local/: makes ready, enters a namespace, hands on signals and takes over the exit
 * code. `makeReady` gives what to add to the environment. What cannot be done on this machine is said in one sentence.
 */
export async function runInNamespace(
  command: readonly string[],
  makeReady: () => Promise<Readonly<Record<string, string>>>,
): Promise<void> {
  try {
    const env = await makeReady();
    const inside = await enterNamespace(command, { env });
    const letGo = handOnSignals(inside);
    process.exitCode = await inside.exitCode;
    letGo();
  } catch (error) {
    if (!(error instanceof Unavailable || error instanceof NamespaceRefused)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/**
 * Hands signals on to a command inside; the third one ends everything. Ends it, too, when bootstrap.mjs was killed.
 * Gives the function that stops this.
 */
export function handOnSignals(inside: Inside): () => void {
  let count = 0;
  const handOn = (name: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => {
    count += 1;
    if (count > 2) inside.kill();
    // Ctrl-C in a terminal reaches the command by itself.
    else if (name !== 'SIGINT' || !process.stdin.isTTY) inside.signal(name);
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, handOn);
  const parent = Number(process.env.ROLLCALL_PARENT);
  const watch = setInterval(() => {
    if (parent && process.ppid !== parent) inside.kill();
  }, 500);
  return () => {
    clearInterval(watch);
    for (const name of names) process.off(name, handOn);
  };
}
