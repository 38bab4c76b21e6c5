import type { BinlogPosition } from '../../registry/binlog-server.ts';
import type { SourceEvent } from './source-event.ts';

/** A stream of the log, as far as it is watched over here (BinlogStream). */
export interface LogStream {
  /** How many packets came, of any kind: as long as it grows the connection lives. */
  readonly packets: number;
  readonly isPaused: boolean;
  /** Up to where whole transactions were handed on. */
  readonly position: BinlogPosition;
  start(): void;
  pause(reason: string): void;
  resume(reason: string): void;
  close(): void;
}

/** What a {@link LogStream} calls. */
export interface LogHandlers {
  /** The first packet came. */
  readonly onOpen: () => void;
  readonly onEvent: (event: SourceEvent) => void;
  /** The stream is over. */
  readonly onError: (error: unknown) => void;
}
