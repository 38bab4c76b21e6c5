/**
 * One safety rule, or a part of it, with the change that switches it off and the test that must then turn red. A rule counts as
 * kept only while its guard holds: `npm run test:guards`.
 */
export interface Guard {
  /** The rule of docs/architecture.md: "2". */
  readonly rule: string;
  /** What is switched off, in a few words. */
  readonly without: string;
  readonly file: string;
  /** Text that stands exactly once in the file, and what stands there instead when the rule is off. */
  readonly find: string;
  readonly replace: string;
  /** The test that must fail then: its file, and its full title as mocha knows it (suites and test, joined by blanks). */
  readonly test: { readonly file: string; readonly title: string };
}
