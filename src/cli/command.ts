import type { Environment, RawFlags } from '../config/index.ts';
import type { Clock } from '../lib/clock.ts';

/** What a command learns of the process it runs in: src/main.ts makes it, and nothing else touches `process`. */
export interface CliContext {
  readonly env: Environment;
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly hostname: string;
  /** Of Rollcall, as in package.json. */
  readonly version: string;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** A standard output of the process. */
export type CliOutput = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** A command that knows its configuration and has done nothing yet. */
export interface PreparedCommand {
  /**
   * Does the work; resolves to the exit code when it is done (0 unless the command says what others mean), or has ended cleanly after `signal`
   * was aborted. A command that is cut short by `signal` rejects with its reason; ConfigError means wrong use; anything else is a failure.
   */
  run(signal: AbortSignal): Promise<number>;
  /** Tells the person, or the log, why the process is about to end. Has written when it returns. */
  fail(message: string, error: unknown): void;
}

/** One file of src/cli. `prepare` throws ConfigError where flags or environment are wrong. */
export interface CommandModule {
  readonly prepare: (raw: RawFlags, context: CliContext) => PreparedCommand;
}
