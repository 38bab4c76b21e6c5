/** Values of one log line; names are camelCase nouns of docs/architecture.md (service, namespace, revision, error). */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * What a component needs of a log. The message is constant, the values are fields.
 * info: a state changed. debug: why nothing changed. warn: retried by itself. error: a human may need to act.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: LogFields): Logger;
}
