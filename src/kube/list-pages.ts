import type { ApiRequest } from './api-request.ts';
import type { Transport } from './transport.ts';
import { isExpired } from './watch-event.ts';

/** One answer of a list request. */
export interface ObjectList<T> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
}

export interface PageHandlers<T> {
  /** One page; the next is asked for when the promise resolves. */
  readonly onPage: (items: readonly T[]) => Promise<void>;
  /** What came so far, if anything, is void. */
  readonly onRestart: () => void;
}

/** How often a list is started over because its snapshot expired between two pages, before it is asked for in one piece. */
const PAGED_TRIES = 2;

/**
 * A consistent list (no resourceVersion: never older than any read before), page by page, so that neither side holds
 * everything as text at once. Answers the list's resourceVersion.
 */
export async function listPages<T>(
  transport: Transport,
  request: ApiRequest,
  pageSize: number,
  handlers: PageHandlers<T>,
  signal: AbortSignal,
): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    const limit = tries < PAGED_TRIES ? { limit: String(pageSize) } : {};
    handlers.onRestart();
    try {
      return await onePass(
        transport,
        { ...request, query: { ...request.query, ...limit } },
        handlers.onPage,
        signal,
      );
    } catch (error) {
      if (!isExpired(error) || tries >= PAGED_TRIES) throw error;
    }
  }
}

async function onePass<T>(
  transport: Transport,
  request: ApiRequest,
  onPage: PageHandlers<T>['onPage'],
  signal: AbortSignal,
): Promise<string> {
  let query = request.query ?? {};
  for (;;) {
    const page = await transport.request<ObjectList<T>>({ ...request, query }, signal);
    await onPage(page.items);
    const next = page.metadata.continue;
    if (next === undefined || next === '') return page.metadata.resourceVersion ?? '';
    query = { ...request.query, continue: next };
  }
}
