import { spawn } from 'node:child_process';

/** How a program ended and what it said. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link run}. */
export interface RunOptions {
  readonly cwd?: string | undefined;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Written to the program's standard input, which is empty otherwise. */
  readonly input?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with every line of output as it comes, for progress. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** A program ended with an exit code other than 0. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly result: RunResult;

  constructor(command: string, result: RunResult) {
    const said = lastLines(result.stderr.trim() || result.stdout.trim(), 12);
    super(`${command} ended with exit code ${result.code}${said ? `: ${said}` : ''}`);
    this.result = result;
  }
}

/** Runs a program to its end. A missing program throws as node does (ENOENT); any exit code is a result. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      signal: options.signal,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        out[stream] += text;
        if (options.onLine) for (const line of text.split('\n')) if (line.trim()) options.onLine(line.trim());
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({
        code: code ?? 128,
        ...out,
        stderr: signal ? `${out.stderr}(ended by ${signal})` : out.stderr,
      });
    });
    // A program that ends without reading its input is judged by its exit code, not by our EPIPE.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
  });
}

/** As {@link run}, but an exit code other than 0 throws {@link CommandFailed}. Gives the standard output. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await run(command, args, options);
  if (result.code !== 0)
    throw new CommandFailed([command.split('/').at(-1), args[0]].join(' ').trim(), result);
  return result.stdout;
}

/** Whether a program is on the PATH. */
export async function onPath(command: string): Promise<boolean> {
  return (await run('sh', ['-c', 'command -v "$1" >/dev/null', 'sh', command])).code === 0;
}

/** The end of a text, where programs say what went wrong. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
