import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { skipReason } from './skip.ts';

/** What one mocha process did, as local/test.ts reads it. */
export interface MochaReport {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly { readonly title: string; readonly reason: string }[];
}

/**
 * Mocha's own spec output, and at the end a JSON file (`--reporter-option json=FILE`) with the counts, the titles of
 * what failed (hooks included) and the reason of every skip. No file means that the process crashed.
 */
export default class JsonSpecReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { json } = options.reporterOptions as { json?: string };
    const failed: string[] = [];
    const skipped: { title: string; reason: string }[] = [];
    let passed = 0;
    runner.on('pass', () => (passed += 1));
    runner.on('fail', (test) => failed.push(test.fullTitle()));
    runner.on('pending', (test) => skipped.push({ title: test.fullTitle(), reason: skipReason(test) }));
    runner.once('end', () => {
      const report: MochaReport = { passed, failed, skipped };
      if (json) writeFileSync(json, JSON.stringify(report));
    });
  }
}
