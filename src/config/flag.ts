import type { Kind } from './kind.ts';

/** One flag of a command. Its name is its key in the table: `metricsAddress` is --metrics-address and ROLLCALL_METRICS_ADDRESS. */
export interface Flag<T> {
  readonly kind: Kind<T>;
  /** Text that counts when neither the flag nor the variable is given; null: nothing does. */
  readonly default: string | null;
  /** For people, where `default` is null: what holds then; null too: the flag is required. */
  readonly otherwise: string | null;
  /** One sentence without a full stop. */
  readonly description: string;
  /** A secret value is never shown. */
  readonly secret: boolean;
  /** A letter that says the same as the name: `o` for -o. */
  readonly letter?: string;
}

/** The flags of one command, in the order of its help. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** What the flags of a table are read as. */
export type FlagValues<T extends FlagTable> = {
  readonly [K in keyof T]: T[K] extends Flag<infer V> ? V | null : never;
};

/** A flag with a default. */
export function flag<T>(kind: Kind<T>, defaultText: string, description: string): Flag<T> {
  return { kind, default: defaultText, otherwise: null, description, secret: false };
}

/** A flag that may be left out; `otherwise` says what holds then. */
export function optional<T>(kind: Kind<T>, otherwise: string, description: string): Flag<T> {
  return { kind, default: null, otherwise, description, secret: false };
}

/** A flag that must be given; whoever reads it says so when it is not. */
export function required<T>(kind: Kind<T>, description: string): Flag<T> {
  return { kind, default: null, otherwise: null, description, secret: false };
}

/** The same flag, its value never shown. */
export function secret<T>(plain: Flag<T>): Flag<T> {
  return { ...plain, secret: true };
}

/** The same flag, with a letter for those who type it. */
export function withLetter<T>(plain: Flag<T>, letter: string): Flag<T> {
  return { ...plain, letter };
}

/** --metrics-address of `metricsAddress`. */
export function flagName(key: string): string {
  return `--${kebab(key)}`;
}

/** ROLLCALL_METRICS_ADDRESS of `metricsAddress`. */
export function variableName(key: string): string {
  return `ROLLCALL_${kebab(key).replaceAll('-', '_').toUpperCase()}`;
}

/** How messages name a flag: "--metrics-address (ROLLCALL_METRICS_ADDRESS)". */
export function flagLabel(key: string): string {
  return `${flagName(key)} (${variableName(key)})`;
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
