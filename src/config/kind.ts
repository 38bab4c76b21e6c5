/** What the text of a flag stands for, or why it stands for nothing. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** A type of flag: how its text is read, and how help and docs name it. */
export interface Kind<T> {
  /** One or two words for people: "duration". */
  readonly type: string;
  /** What stands for the value in help: "DURATION"; empty: the flag is given without one. */
  readonly placeholder: string;
  /** True when the flag may be given several times, and the texts add up. */
  readonly list: boolean;
  /**
   * Reads one text, never the empty one. The problem ends the sentence that starts with the text itself
   * ("is not a whole number from 1 to 1000"), so that a secret can be reported without being shown.
   */
  parse(text: string): Parsed<T>;
}

/** The value was read. */
export function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** The value was not read; see {@link Kind.parse} for how the problem is worded. */
export function bad(problem: string): Parsed<never> {
  return { ok: false, problem };
}
