import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { glob, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handOnSignals } from '../lib/command.ts';
import { enterNamespace, type NamespaceOptions, workDir } from '../namespace.ts';
import { inBlocks } from './blocks.ts';
import type { StageResult } from './result.ts';

const root = join(import.meta.dirname, '../..');

/** How long a mocha process may go on after its last test. */
const lingeringMs = 60_000;

/** One mocha process. */
export interface MochaRun {
  readonly files: readonly string[];
  readonly args: readonly string[];
  /** Whether it runs in a namespace, with the hooks that stop the test bed. */
  readonly inNamespace: boolean;
  /** Of several that run side by side, from 1: its output comes in blocks, its logs go to a folder of its own. */
  readonly lane?: number;
}

/** The test files below a folder of test/. */
export async function testFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(`test/${folder}/**/*.test.ts`, { cwd: root })) files.push(file);
  return files.sort();
}

/** Runs mocha, its output streaming through. A crash, a process that does not end and a run without a test are failures. */
export async function runMocha(mocha: MochaRun): Promise<StageResult> {
  const scratch = await mkdtemp(join(tmpdir(), 'rollcall-test-'));
  const json = join(scratch, 'report.json');
  try {
    const code = mocha.inNamespace
      ? await runInside(command(mocha, json), json, mocha)
      : await runHere(command(mocha, json), json);
    if (code === 'lingering') {
      const result = readReport(json);
      return {
        ...result,
        failed: [...result.failed, `${processOf(mocha)} ended by itself (something kept it alive)`],
      };
    }
    if (!existsSync(json)) {
      return {
        passed: 0,
        failed: [`${processOf(mocha)} ran to its end (it stopped with exit code ${code})`],
        skipped: [],
      };
    }
    const result = readReport(json);
    if (code !== 0 && result.failed.length === 0) {
      return { ...result, failed: [`${processOf(mocha)} ended well (exit code ${code})`] };
    }
    return result;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function processOf({ lane }: MochaRun): string {
  return `the mocha process${lane === undefined ? '' : ` of lane ${lane}`}`;
}

function readReport(json: string): StageResult {
  return JSON.parse(readFileSync(json, 'utf8')) as StageResult;
}

function command({ files, args, inNamespace }: MochaRun, json: string): string[] {
  return [
    process.execPath,
    join(root, 'node_modules/mocha/bin/mocha.js'),
    ...['--reporter', join(root, 'test/support/reporter.ts'), '--reporter-option', `json=${json}`],
    ...(inNamespace ? ['--require', join(root, 'test/support/testbed/hooks.ts')] : []),
    ...args,
    ...files,
  ];
}

type End = number | 'lingering';

async function runHere([program = '', ...args]: readonly string[], json: string): Promise<End> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const handOn = (name: NodeJS.Signals) => void child.kill(name);
  for (const name of signals) process.on(name, handOn);
  const exit = new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('exit', (code) => resolve(code ?? 128));
  });
  try {
    return await endOrLinger(exit, json, () => void child.kill('SIGKILL'));
  } finally {
    for (const name of signals) process.off(name, handOn);
  }
}

async function runInside(command: readonly string[], json: string, { lane }: MochaRun): Promise<End> {
  const output = inBlocks((text) => void process.stdout.write(text));
  const inside = await enterNamespace(command, {
    cwd: root,
    ...(lane === undefined ? {} : ofLane(lane, (text) => output.push(text))),
  });
  const letGo = handOnSignals(inside);
  try {
    return await endOrLinger(inside.exitCode, json, () => inside.kill());
  } finally {
    letGo();
    output.end();
  }
}

function ofLane(lane: number, onOutput: (text: string) => void): NamespaceOptions {
  const logs = process.env.ROLLCALL_LOGS;
  return {
    stdio: 'pipe-output',
    onOutput,
    env: {
      // Operators, servers and clients start by the hundred: half of that is compiling. What is measured, alone, compiles as ever.
      NODE_COMPILE_CACHE: join(workDir, 'compiled'),
      // Processes of several namespaces have the same numbers, by which their logs are named.
      ...(logs === undefined ? {} : { ROLLCALL_LOGS: join(logs, `lane-${lane}`) }),
    },
  };
}

/** Waits for the end of a process, but not forever once it has written its report. */
async function endOrLinger(exit: Promise<number>, json: string, kill: () => void): Promise<End> {
  const state = { reportedAt: 0, lingering: false };
  const watch = setInterval(() => {
    if (existsSync(json)) state.reportedAt ||= Date.now();
    if (state.reportedAt === 0 || Date.now() - state.reportedAt < lingeringMs) return;
    state.lingering = true;
    kill();
  }, 1000);
  try {
    const code = await exit;
    return state.lingering ? 'lingering' : code;
  } finally {
    clearInterval(watch);
  }
}
