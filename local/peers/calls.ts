import { setTimeout as sleep } from 'node:timers/promises';

/** One call, as the clients print it, one JSON object a line. */
export interface CallResult {
  readonly server?: string;
  readonly address?: string;
  readonly ok: boolean;
  /** The gRPC status code of a failure. */
  readonly code?: number;
  readonly error?: string;
  /** When the answer came. */
  readonly at: string;
}

/** Totals, as the clients print them with --summary. */
export interface CallSummary {
  readonly calls: number;
  readonly ok: number;
  readonly failed: number;
  /** Calls answered by each server. */
  readonly servers: Readonly<Record<string, number>>;
  /** Failures by status code. */
  readonly codes: Readonly<Record<string, number>>;
}

/** How many calls to make; it ends with whichever limit comes first. */
export interface CallPlan {
  readonly calls?: number | undefined;
  readonly durationMs?: number | undefined;
  /** Calls a second, started whether or not earlier ones have ended; without it one follows the other. */
  readonly rate?: number | undefined;
}

/** Makes the calls of a plan and gives each result as it comes. `call` never throws. */
export async function makeCalls(
  plan: CallPlan,
  call: (number: number) => Promise<CallResult>,
  onResult: (result: CallResult) => void,
): Promise<void> {
  const { calls = Infinity, durationMs = Infinity, rate } = plan;
  const start = performance.now();
  const open = new Set<Promise<void>>();
  for (let number = 0; number < calls && performance.now() - start < durationMs; number += 1) {
    if (rate !== undefined) await sleep(Math.max(0, start + (number / rate) * 1000 - performance.now()));
    const running = call(number).then(onResult);
    if (rate === undefined) {
      await running;
      continue;
    }
    open.add(running);
    void running.finally(() => open.delete(running));
  }
  await Promise.all(open);
}

/** Adds up results. */
export function summarizeCalls(results: readonly CallResult[]): CallSummary {
  const servers: Record<string, number> = {};
  const codes: Record<string, number> = {};
  for (const { server, code } of results) {
    if (server !== undefined) servers[server] = (servers[server] ?? 0) + 1;
    else codes[code ?? 2] = (codes[code ?? 2] ?? 0) + 1;
  }
  const ok = results.filter((result) => result.ok).length;
  return { calls: results.length, ok, failed: results.length - ok, servers, codes };
}
