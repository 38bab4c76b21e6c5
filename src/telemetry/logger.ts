import { createLogger as createWinston, format, type Logger as Winston, transports } from 'winston';
import type { Clock } from '../lib/clock.ts';
import type { LogFields, Logger } from '../lib/logger.ts';
import { jsonLine, type LogEntry, prettyLine } from './log-line.ts';
import { loggableFields, maskText } from './loggable.ts';

/** How and where the log is written. */
export interface LoggerOptions {
  /** The least important level that is written. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'pretty';
  /** Colours in the pretty format: for a terminal. */
  readonly color: boolean;
  /** The lines go here; never closed. */
  readonly stream: NodeJS.WritableStream;
  readonly clock: Pick<Clock, 'wallNow'>;
}

/** The logger of the process, on winston. Secrets are masked wherever they can be told (see loggable.ts). */
export function createLogger(options: LoggerOptions): Logger {
  const render = (entry: LogEntry): string =>
    options.format === 'json' ? jsonLine(entry) : prettyLine(entry, options.color);
  const winston = createWinston({
    level: options.level,
    format: format.printf((info) => render(info.entry as LogEntry)),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types it as an interface
    transports: [new transports.Stream({ stream: options.stream, eol: '\n' })],
  });
  return new WinstonLogger(winston, options.clock, {});
}

class WinstonLogger implements Logger {
  readonly #winston: Winston;
  readonly #clock: Pick<Clock, 'wallNow'>;
  readonly #fields: LogFields;

  constructor(winston: Winston, clock: Pick<Clock, 'wallNow'>, fields: LogFields) {
    this.#winston = winston;
    this.#clock = clock;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  child(fields: LogFields): Logger {
    return new WinstonLogger(this.#winston, this.#clock, { ...this.#fields, ...fields });
  }

  #log(level: string, message: string, fields: LogFields | undefined): void {
    // Masking walks through every field: not for lines that nobody will read.
    if (!this.#winston.isLevelEnabled(level)) return;
    const entry: LogEntry = {
      wallMs: this.#clock.wallNow(),
      level,
      message: maskText(message),
      fields: loggableFields({ ...this.#fields, ...fields }),
    };
    // In a field of its own: winston appends a field called `message` to the message.
    this.#winston.log({ level, message: entry.message, entry });
  }
}
