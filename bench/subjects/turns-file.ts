import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a process under bench/subjects/turns.ts writes its longest turn. */
export function turnsFile(pid: number): string {
  return join(tmpdir(), `rollcall-bench-turns-${pid}`);
}
