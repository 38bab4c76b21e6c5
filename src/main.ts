#!/usr/bin/env node
/**
 * The program `rollcall`: arguments, environment, standard streams, signals and exit codes. The only file that touches
 * `process`. A command is loaded when it is asked for, so that `--help` is there at once.
 *
 * Exit codes: 0 done, or ended cleanly by a signal; 1 failed (doctor: something is to be mended); 2 wrong use; 128 + the signal's number when a command was
 * cut short by it.
 */
import { readFileSync } from 'node:fs';
import { constants, hostname } from 'node:os';
import type { CliContext, CommandModule, PreparedCommand } from './cli/command.ts';
import { type CommandName, parseCommandLine } from './cli/command-line.ts';
import type { RawFlags } from './config/index.ts';
import { systemClock } from './lib/clock.ts';
import { ConfigError } from './lib/errors.ts';
import { maskText } from './telemetry/loggable.ts';

const load: Readonly<Record<CommandName, () => Promise<CommandModule>>> = {
  operator: async () => (await import('./cli/operator.ts')).operatorCommand,
  migrate: async () => (await import('./cli/migrate.ts')).migrateCommand,
  doctor: async () => (await import('./cli/doctor.ts')).doctorCommand,
  xds: async () => (await import('./cli/xds.ts')).xdsCommand,
  'xds-bootstrap': async () => (await import('./cli/xds-bootstrap.ts')).xdsBootstrapCommand,
};

async function main(): Promise<number> {
  const version = packageVersion();
  const line = parseCommandLine(process.argv.slice(2), version, {
    out: (text) => process.stdout.write(text),
    // Commander repeats what it does not understand: a URL at the wrong place, for one.
    err: (text) => process.stderr.write(maskText(text)),
  });
  if ('exitCode' in line) return line.exitCode;
  const prepared = await prepare(line.command, line.raw, version);
  return prepared === null ? 2 : runUntilSignal(prepared);
}

/** The command with its configuration; null when that is wrong and the person was told. */
async function prepare(name: CommandName, raw: RawFlags, version: string): Promise<PreparedCommand | null> {
  const context: CliContext = {
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    hostname: hostname(),
    version,
    clock: systemClock,
    random: () => Math.random(),
  };
  try {
    return (await load[name]()).prepare(raw, context);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    explain(error, `Run "rollcall ${name} --help" for every flag.`);
    return null;
  }
}

/** The first SIGTERM or SIGINT asks the command to end, the second one ends the process at once. */
async function runUntilSignal(command: PreparedCommand): Promise<number> {
  const abort = new AbortController();
  let stoppedBy = 0;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(128 + constants.signals[signal]);
      stoppedBy = 128 + constants.signals[signal];
      abort.abort(new Error(`stopped by ${signal}`));
    });
  }
  const bug = (message: string) => (error: unknown) => {
    command.fail(message, error);
    process.exit(1);
  };
  process.on('uncaughtException', bug('uncaught exception'));
  process.on('unhandledRejection', bug('unhandled rejection'));
  try {
    return await command.run(abort.signal);
  } catch (error) {
    if (abort.signal.aborted && error === abort.signal.reason) return stoppedBy;
    if (error instanceof ConfigError) {
      explain(error, 'Nothing was started.');
      return 2;
    }
    command.fail('failed', error);
    return 1;
  }
}

function explain(error: ConfigError, hint: string): void {
  const problems = error.problems.map((problem) => `  ${problem}\n`).join('');
  const count = error.problems.length === 1 ? 'a problem' : `${error.problems.length} problems`;
  process.stderr.write(maskText(`rollcall: ${count} with the configuration:\n${problems}${hint}\n`));
}

/** package.json stands above both src/main.ts and dist/main.js. */
function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** Exits when both streams have taken what was written; a handle that somebody forgot must not keep a pod alive. */
function exit(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}

// A reader that went away (`rollcall --help | head`) is no reason to die, still less for an operator to.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`rollcall needs Node.js 22.19 or newer; this is ${process.versions.node}.\n`);
  exit(2);
} else {
  exit(await main());
}
