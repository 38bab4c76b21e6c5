import { SINCE_UNKNOWN } from './grace.ts';
import type { ResyncReason } from './observer.ts';
import type { ServerState } from './registry-reader.ts';
import type { Grace } from './snapshot.ts';

/** What is remembered of whoever answered last. */
export interface KnownServer {
  readonly serverId: string;
  readonly startedAtUs: number;
  /** The database's clock at the last good answer. */
  readonly lastGoodUs: number;
}

/** What has to happen before the server's rows are believed again. */
export interface Break {
  readonly reason: ResyncReason;
  readonly grace: Grace;
}

/** Uptimes have whole seconds, so that the start of one process is found up to a second apart. */
const START_TOLERANCE_US = 3_000_000;

/** A server answers only some time after its process started. */
const STARTUP_US = 3_000_000;

/**
 * Whether the answers of a server carry on from what was known (safety rules 3 and 8): null if so. Otherwise beats may have been lost, so
 * everything is read again and expiry waits one TTL.
 *
 * | what happened                                   | reason               | grace since      | from            |
 * |-------------------------------------------------|----------------------|------------------|-----------------|
 * | the first answer to this process                | Started              | unknown          | server's start + 3 s |
 * | another server, or another registry in it       | ServerChanged        | last good answer | now             |
 * | executed transactions are missing               | TransactionsWentBack | last good answer | now             |
 * | its process was started again                   | ServerRestarted      | last good answer | now             |
 * | its clock was set                               | ClockJumped          | last good answer | now             |
 * | it could not be read for a time                 | Reconnected          | last good answer | now             |
 *
 * The first answer's grace is over before it begins unless the server was started within one TTL: a restart of the operator alone
 * delays nothing. By a clock that went back, "last good answer" would lie ahead: then it is now.
 */
export function findBreak(
  known: KnownServer | null,
  state: Pick<ServerState, 'serverId' | 'startedAtUs' | 'gtidsWentBack' | 'nowUs'>,
  seen: { readonly clockJumped: boolean; readonly couldNotRead: boolean },
): Break | null {
  if (known === null) {
    const openUs = Math.min(state.startedAtUs + STARTUP_US, state.nowUs);
    return { reason: 'Started', grace: { sinceUs: SINCE_UNKNOWN, fromUs: openUs } };
  }
  const reason = reasonOf(known, state, seen);
  if (reason === null) return null;
  return { reason, grace: { sinceUs: Math.min(known.lastGoodUs, state.nowUs), fromUs: state.nowUs } };
}

function reasonOf(
  known: KnownServer,
  state: Pick<ServerState, 'serverId' | 'startedAtUs' | 'gtidsWentBack'>,
  seen: { readonly clockJumped: boolean; readonly couldNotRead: boolean },
): ResyncReason | null {
  if (state.serverId !== known.serverId) return 'ServerChanged';
  if (state.gtidsWentBack) return 'TransactionsWentBack';
  if (state.startedAtUs - known.startedAtUs > START_TOLERANCE_US) return 'ServerRestarted';
  if (seen.clockJumped) return 'ClockJumped';
  return seen.couldNotRead ? 'Reconnected' : null;
}
