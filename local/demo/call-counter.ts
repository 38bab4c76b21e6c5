import type { CallResult } from '../peers/calls.ts';
import { inOrder } from './text.ts';

/** Rates are over this time. */
const windowMs = 5000;

/** What came back so far. Times are milliseconds since 1970. */
export interface CallCounts {
  readonly calls: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly servers: readonly ServerCalls[];
  /** The last failure. */
  readonly lastFailure: { readonly at: number; readonly code: number; readonly text: string } | undefined;
}

/** Calls that one server answered. */
export interface ServerCalls {
  /** Its instance id. */
  readonly server: string;
  readonly calls: number;
  readonly perSecond: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Adds up results, and keeps those of the last seconds for the rates. */
export class CallCounter {
  readonly #servers = new Map<string, { calls: number; firstAt: number; lastAt: number }>();
  #recent: { readonly at: number; readonly server: string | undefined }[] = [];
  #firstAt: number | undefined;
  #failed = 0;
  #lastFailure: CallCounts['lastFailure'];

  /** Takes over one result that came at `at`. */
  add({ server, ok, code, error }: CallResult, at: number): void {
    this.#firstAt ??= at;
    this.#recent.push({ at, server });
    if (ok && server !== undefined) {
      const known = this.#servers.get(server);
      this.#servers.set(server, {
        calls: (known?.calls ?? 0) + 1,
        firstAt: known?.firstAt ?? at,
        lastAt: at,
      });
    } else {
      this.#failed += 1;
      this.#lastFailure = { at, code: code ?? 2, text: error ?? '' };
    }
  }

  counts(now: number): CallCounts {
    this.#recent = this.#recent.filter(({ at }) => at > now - windowMs);
    // Of a client that has just started, the time since then; but a second at least.
    const overMs = Math.min(windowMs, Math.max(1000, now - (this.#firstAt ?? now)));
    const rate = (server?: string) =>
      this.#recent.filter((call) => server === undefined || call.server === server).length / (overMs / 1000);
    const servers = [...this.#servers].map(([server, calls]) => ({
      server,
      ...calls,
      perSecond: rate(server),
    }));
    let calls = this.#failed;
    for (const server of servers) calls += server.calls;
    return {
      ...{ calls, failed: this.#failed, perSecond: rate(), lastFailure: this.#lastFailure },
      servers: servers.sort((one, other) => inOrder(one.server, other.server)),
    };
  }
}
