import type { Loggable } from './loggable.ts';

/** One entry of the log, its values safe to show (see loggable.ts). */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, Loggable>>;
}

const OWN_NAMES: ReadonlySet<string> = new Set(['time', 'level', 'message']);

/** One line of JSON: time, level and message first; a field with one of these names gets a `_` behind it. */
export function jsonLine(entry: LogEntry): string {
  const fields = Object.entries(entry.fields).map(([name, value]) => [
    OWN_NAMES.has(name) ? `${name}_` : name,
    value,
  ]);
  return JSON.stringify({
    time: new Date(entry.wallMs).toISOString(),
    level: entry.level,
    message: entry.message,
    ...Object.fromEntries(fields),
  });
}

const COLORS: Readonly<Record<string, string>> = { debug: '36', info: '32', warn: '33', error: '31' };

/** For a terminal: time, level, message and `name=value`, with the stacks of errors on lines of their own below. */
export function prettyLine(entry: LogEntry, color: boolean): string {
  const paint = (code: string, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const values: string[] = [];
  const stacks: string[] = [];
  for (const [name, value] of Object.entries(entry.fields)) {
    const stack = stackOf(value);
    if (stack === null) values.push(`${paint('2', `${name}=`)}${shown(value)}`);
    else stacks.push(`${name}: ${stack}`);
  }
  const time = new Date(entry.wallMs).toISOString().slice(11, 23);
  const level = paint(COLORS[entry.level] ?? '0', entry.level.toUpperCase().padEnd(5));
  const first = [paint('2', time), level, entry.message, ...values].join(' ');
  return [first, ...stacks.flatMap((stack) => stack.split('\n')).map((line) => `    ${line}`)].join('\n');
}

function shown(value: Loggable): string {
  return typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);
}

/** The stack of an error, followed by those of its causes; null for any other value. */
function stackOf(value: Loggable | undefined): string | null {
  if (typeof value !== 'object' || value === null || !('stack' in value)) return null;
  const own = typeof value.stack === 'string' ? value.stack : shown(value.stack);
  const cause = value.cause;
  if (cause === undefined) return own;
  return `${own}\ncaused by: ${stackOf(cause) ?? shown(cause)}`;
}
