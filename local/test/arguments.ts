/** The parts of `npm test`, in the order in which they run. */
export const parts = ['checks', 'unit', 'contract', 'commands', 'integration', 'e2e'] as const;

/** One part of `npm test`. */
export type Part = (typeof parts)[number];

/** What to run. */
export interface TestArguments {
  readonly parts: readonly Part[];
  /** Files given by name; all files of the parts otherwise. */
  readonly files: readonly string[];
  /** Handed on to mocha. */
  readonly mocha: readonly string[];
}

const isPart = (word: string): word is Part => (parts as readonly string[]).includes(word);

/** Parts and test files first, then whatever mocha takes. A file alone runs its own part. */
export function parseArguments(args: readonly string[]): TestArguments {
  const firstOption = args.findIndex((word) => word.startsWith('-'));
  const words = firstOption < 0 ? args : args.slice(0, firstOption);
  const files = words.filter((word) => !isPart(word));
  const named = words.filter(isPart);
  const ofFiles = parts.filter((part) => files.some((file) => file.includes(`test/${part}/`)));
  const mocha = firstOption < 0 ? [] : args.slice(firstOption);
  const all = mocha.length > 0 ? parts.filter((part) => part !== 'checks') : parts;
  return {
    parts: named.length + ofFiles.length > 0 ? [...new Set([...named, ...ofFiles])] : all,
    files,
    mocha,
  };
}
