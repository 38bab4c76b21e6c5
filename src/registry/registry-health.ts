import type { Clock } from '../lib/clock.ts';
import { errorMessage, RetryableError, TerminalError } from '../lib/errors.ts';
import type { LogFields, Logger } from '../lib/logger.ts';
import type { FeedName } from './change-feed.ts';

/** Whether the registry can be read, and since when it is so. */
export interface RegistryHealth {
  readonly available: boolean;
  /** CamelCase: Connected, NeverRead, HostUnreachable, AccessDenied, TableNotFound ... */
  readonly reason: string;
  readonly message: string;
  /** True when trying again is of no use until somebody mends something. */
  readonly needsHelp: boolean;
  /** Wall-clock ms. */
  readonly sinceMs: number;
}

/** How the feed does. */
export interface FeedHealth {
  readonly active: FeedName;
  readonly healthy: boolean;
  readonly reason: string;
  readonly message: string;
  /** True while the audit cannot look: rows that are deleted may go unnoticed until the resync. */
  readonly auditFails?: boolean;
  /** Wall-clock ms since when `active` is the feed. */
  readonly sinceMs: number;
}

/** What went wrong, as a condition says it. */
export type Fault = Pick<RegistryHealth, 'reason' | 'message' | 'needsHelp'>;

/** What an error says to people: a word for a condition, and a sentence. Anything that is not one of ours is a bug. */
export function faultOf(error: unknown): Fault {
  // Its message is complete and ends in what to type: a cause behind it would be typed along.
  if (error instanceof TerminalError)
    return { reason: error.reason, message: error.message, needsHelp: true };
  const message = errorMessage(error);
  if (error instanceof RetryableError) return { reason: error.reason, message, needsHelp: false };
  return { reason: 'InternalError', message, needsHelp: false };
}

/** What a {@link HealthTracker} needs. */
export interface HealthTrackerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The health, or the reason for it, is another one. */
  readonly onChange: () => void;
}

/** Keeps whether the registry can be read, and says so once for each change. */
export class HealthTracker {
  readonly #options: HealthTrackerOptions;
  #now: RegistryHealth;

  constructor(options: HealthTrackerOptions) {
    this.#options = options;
    this.#now = {
      available: false,
      reason: 'NeverRead',
      message: 'The registry has not been read yet.',
      needsHelp: false,
      sinceMs: options.clock.wallNow(),
    };
  }

  get now(): RegistryHealth {
    return this.#now;
  }

  connected(server: unknown, counts: LogFields): void {
    if (this.#now.available) return;
    this.#options.logger.info('registry connected', { server, ...counts });
    this.#set({ available: true, reason: 'Connected', message: 'The registry is read.', needsHelp: false });
  }

  /** The registry could not be read. */
  failed(error: unknown): Fault {
    const fault = faultOf(error);
    this.#log(error, fault);
    this.#set({ available: false, ...fault });
    return fault;
  }

  #log(error: unknown, { reason, message, needsHelp }: Fault): void {
    const { logger } = this.#options;
    const fields = { reason, error: message };
    if (isBug(error))
      logger.error('bug while reading the registry', { ...fields, stack: (error as Error).stack });
    else if (this.#now.reason === reason) logger.debug('registry still cannot be read', fields);
    else if (needsHelp) logger.error('registry cannot be read', fields);
    else logger.warn('registry cannot be read', fields);
  }

  #set(health: Omit<RegistryHealth, 'sinceMs'>): void {
    const { available, reason, message, sinceMs } = this.#now;
    if (available === health.available && reason === health.reason && message === health.message) return;
    const isFlip = available !== health.available;
    this.#now = { ...health, sinceMs: isFlip ? this.#options.clock.wallNow() : sinceMs };
    this.#options.onChange();
  }
}

/** An error that is neither retryable nor terminal: it is logged with its stack. */
function isBug(error: unknown): boolean {
  return !(error instanceof TerminalError || error instanceof RetryableError);
}
