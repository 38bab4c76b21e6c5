import { flagLabel, type Flag, type FlagTable, type FlagValues, variableName } from './flag.ts';

/** Raw texts by the keys of a {@link FlagTable}, as the command line gave them. */
export type RawFlags = Readonly<Record<string, string | undefined>>;

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What was read; a flag with a problem is null in `values`, and the problem names it. */
export interface ReadFlags<T extends FlagTable> {
  readonly values: FlagValues<T>;
  readonly problems: readonly string[];
  /** Keys of the flags with a problem: to be told apart from those that were not given. */
  readonly wrong: ReadonlySet<string>;
}

/**
 * Reads every flag of the table: the command line wins over the environment, and that over the default. An empty
 * variable counts as not given (a manifest has no other way to leave one out); an empty flag is a mistake.
 */
export function readFlags<T extends FlagTable>(table: T, raw: RawFlags, env: Environment): ReadFlags<T> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  const wrong = new Set<string>();
  for (const [key, flag] of Object.entries(table)) {
    values[key] = null;
    const text = givenText(key, flag, raw, env);
    if (text === null) continue;
    const parsed = text === '' ? { ok: false as const, problem: 'is empty' } : flag.kind.parse(text);
    if (parsed.ok) {
      values[key] = parsed.value;
      continue;
    }
    wrong.add(key);
    problems.push(`${flagLabel(key)}: ${flag.secret ? 'the value' : `"${text}"`} ${parsed.problem}`);
  }
  return { values: values as FlagValues<T>, problems, wrong };
}

function givenText(key: string, flag: Flag<unknown>, raw: RawFlags, env: Environment): string | null {
  const variable = env[variableName(key)];
  return raw[key] ?? (variable === undefined || variable === '' ? flag.default : variable);
}
