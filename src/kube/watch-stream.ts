import type { Clock } from '../lib/clock.ts';
import { RetryableError } from '../lib/errors.ts';
import { Breather } from '../lib/event-loop.ts';
import type { ApiRequest } from './api-request.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Transport } from './transport.ts';
import { parseWatchEvent, type WatchEvent } from './watch-event.ts';
import { Watchdog } from './watchdog.ts';

/** No byte came for too long: the connection may be half open. */
export class SilentWatchError extends RetryableError {}

export interface WatchHandlers<T> {
  /** The server has accepted the watch. */
  readonly onOpen: () => void;
  /** Bytes came. */
  readonly onHeard: () => void;
  /** In order; the next event waits for the promise, if one is answered. */
  readonly onEvent: (event: WatchEvent<T>) => Promise<void> | undefined;
}

/**
 * Reads one watch until the server ends it in good order (then resolves). Rejects with KubeApiError (refused, or an ERROR
 * event), {@link SilentWatchError}, RetryableError (broken off, or a line that is no JSON), or the signal's reason.
 */
export async function readWatch<T>(
  transport: Transport,
  request: ApiRequest,
  handlers: WatchHandlers<T>,
  silenceMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const end = new AbortController();
  const onAbort = (): void => end.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  let watchdog: Watchdog | undefined;
  try {
    const stream = await transport.stream(request, end.signal);
    handlers.onOpen();
    watchdog = new Watchdog(clock, silenceMs, () =>
      end.abort(new SilentWatchError(`${request.resource}: the watch was silent for ${silenceMs} ms`)),
    );
    const splitter = new LineSplitter();
    const breather = new Breather(clock);
    for await (const chunk of stream) {
      watchdog.feed();
      handlers.onHeard();
      for (const line of splitter.push(chunk)) {
        await handlers.onEvent(parse<T>(line, request.resource));
        await breather.breathe();
      }
    }
  } finally {
    watchdog?.stop();
    signal.removeEventListener('abort', onAbort);
    end.abort();
  }
}

function parse<T>(line: string, resource: string): WatchEvent<T> {
  try {
    return parseWatchEvent<T>(line, `watch ${resource}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RetryableError(`${resource}: the watch brought a line that is no JSON`, { cause: error });
  }
}
