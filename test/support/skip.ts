import type { Context, Runnable, Suite } from 'mocha';

/** Found on a test, a hook or a suite that was skipped; a symbol of the process, so that every copy of this file sees it. */
const key = Symbol.for('rollcall.skipReason');

type Marked = (Runnable | Suite) & { [key]?: string };

/** Skips the running test, or in a `before` hook the whole suite, and says why: every skip of `npm test` is printed. */
export function skipBecause(context: Context, reason: string): never {
  const runnable = context.runnable() as Marked;
  runnable[key] = reason;
  if ((runnable as { type?: string }).type === 'hook' && runnable.parent)
    (runnable.parent as Marked)[key] = reason;
  return context.skip();
}

/** Why a test was skipped. */
export function skipReason(test: Runnable): string {
  let current: Marked | undefined = test;
  while (current) {
    if (current[key]) return current[key];
    current = current.parent;
  }
  return 'marked with .skip in its file';
}
