import type { Clock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import { within } from '../../lib/within.ts';

/** What a replica answered, or why it did not. */
export type Answer<T> =
  { readonly ok: true; readonly report: T } | { readonly ok: false; readonly problem: string };

export interface AskOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Asks the admin address of one replica. Rejects only with the signal's reason. */
export async function askReplica<T>(
  { host, port }: { readonly host: string; readonly port: number },
  path: string,
  { clock, timeoutMs, signal }: AskOptions,
): Promise<Answer<T>> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  try {
    return await within(clock, timeoutMs, (ending) => ask<T>(address, path, ending), signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const advice =
      'is it the --admin-address of an operator? It listens inside its pod only: kubectl port-forward -n rollcall-system pod/POD 8082, or use kubectl exec';
    return { ok: false, problem: `${address} did not answer: ${errorMessage(error)}; ${advice}` };
  }
}

async function ask<T>(address: string, path: string, signal: AbortSignal): Promise<Answer<T>> {
  const response = await fetch(`http://${address}${path}`, { signal });
  const body = await response.text();
  if (response.ok) return { ok: true, report: JSON.parse(body) as T };
  return { ok: false, problem: `${address} answered ${response.status}: ${body.slice(0, 200).trim()}` };
}
