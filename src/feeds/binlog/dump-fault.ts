import { createHash } from 'node:crypto';
import type { BinlogPosition } from '../../registry/binlog-server.ts';

/** What an error of the stream means: `lost`: the position cannot be gone on with; `taken`: another reader has our server id. */
export type DumpFault = 'lost' | 'taken' | 'other';

/**
 * Numbers of the server: 1236 ER_SOURCE_FATAL_ERROR_READING_BINLOG says many things, of which one is the server id; 1945 and 1955 are MariaDB's
 * ER_CANNOT_LOAD_SLAVE_GTID_STATE and ER_GTID_POSITION_NOT_FOUND_IN_BINLOG, 1373 is ER_UNKNOWN_TARGET_BINLOG, 1789 MySQL's purged GTIDs.
 */
const LOST: ReadonlySet<number> = new Set([1236, 1373, 1789, 1945, 1955]);
/** MariaDB's ER_SLAVE_SAME_ID; MySQL uses the number for something that ends no stream. */
const SAME_ID = 4052;
const TAKEN = /server_uuid|server_id|server id/i;

/** Sorts the error that ended a stream. The text is looked at because the server has one number for all that 1236 means. */
export function dumpFault(errno: number | undefined, text: string): DumpFault {
  if (errno === SAME_ID) return 'taken';
  if (errno === undefined || !LOST.has(errno)) return 'other';
  return errno === 1236 && TAKEN.test(text) ? 'taken' : 'lost';
}

/** Above the ids that people give to their servers (and that other tools take at random). */
const FIRST_ID = 2 ** 31;

/** A server id for `reader` (who reads, and of what): the same after a restart, another one with the next `attempt`. From 2^31 to 2^32 - 2. */
export function readerServerId(reader: string, attempt: number): number {
  const hash = createHash('sha256').update(`${reader}\n${attempt}`).digest().readUInt32BE(0);
  return FIRST_ID + (hash % (FIRST_ID - 1));
}

/** A version 4 UUID (RFC 9562) for one connection, so that the server does not take it for the one before it. */
export function freshUuid(random: () => number): string {
  const digits = Array.from({ length: 32 }, (_, index) => {
    const digit = Math.floor(random() * 16);
    if (index === 12) return '4';
    return (index === 16 ? (digit & 3) | 8 : digit).toString(16);
  }).join('');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => digits.slice(from, to))
    .join('-');
}

/** The position as people read it. */
export function positionText(position: BinlogPosition): string {
  return position.kind === 'gtid' ? position.gtids : `${position.file}:${position.offset}`;
}
