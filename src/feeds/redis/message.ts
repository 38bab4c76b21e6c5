/** Where a message stands among those of its publisher. */
export interface Stamp {
  /** One run of one publisher. */
  readonly epoch: string;
  /** 1 for its first message, then one more with each. */
  readonly version: number;
}

/** What a message says: `service` may differ. */
export interface ChangeMessage {
  readonly service: string;
  /** Null: the publisher does not number its messages, so none can be found missing. */
  readonly stamp: Stamp | null;
}

/** A message as read, or what is wrong with it. A service is believed even where the numbering beside it makes no sense. */
export interface ReadMessage {
  readonly message: ChangeMessage | null;
  readonly problem: string | null;
}

/** As wide as the column `service` of the Managed tables. */
const SERVICE_CHARS = 253;
const EPOCH_CHARS = 128;
/** A message names one service: what is longer than this is none of ours, and is not parsed. */
const MESSAGE_CHARS = 4096;

/**
 * Reads a message of docs/feeds/redis.md: `{"service": "orders", "epoch": "host-1-17:05", "version": 12}`, the last two together or not at
 * all. Other fields are passed over, so that publishers may add their own.
 */
export function readMessage(text: string): ReadMessage {
  if (text.length > MESSAGE_CHARS) return unreadable(`it is longer than ${MESSAGE_CHARS} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable('it is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return unreadable('it is no JSON object');
  const { service, epoch, version } = value as Record<string, unknown>;
  if (typeof service !== 'string' || service === '' || service.length > SERVICE_CHARS)
    return unreadable(`its field service is no text of 1 to ${SERVICE_CHARS} characters`);
  if (epoch === undefined && version === undefined)
    return { message: { service, stamp: null }, problem: null };
  const stamp = stampOf(epoch, version);
  const problem =
    stamp === null
      ? `its fields epoch and version are not a text of 1 to ${EPOCH_CHARS} characters and a whole number from 1`
      : null;
  return { message: { service, stamp }, problem };
}

/** The message in the form that {@link readMessage} reads. */
export function messageText({ service, stamp }: ChangeMessage): string {
  return JSON.stringify({ service, ...stamp });
}

function stampOf(epoch: unknown, version: unknown): Stamp | null {
  // Many languages have the start of their process at hand as a number.
  const name = typeof epoch === 'number' && Number.isFinite(epoch) ? String(epoch) : epoch;
  if (typeof name !== 'string' || name === '' || name.length > EPOCH_CHARS) return null;
  return Number.isSafeInteger(version) && Number(version) >= 1
    ? { epoch: name, version: Number(version) }
    : null;
}

function unreadable(problem: string): ReadMessage {
  return { message: null, problem };
}
