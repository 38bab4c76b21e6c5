import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runningNamespaces } from '../../local/lib/running.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { checkout } from './manifests.ts';

const markName = 'ROLLCALL_TEST_MARK';

/**
 * A command of local/ that runs as a person would run it, and everything that it started: all of it has an
 * environment variable in common, and a folder for temporary files of its own.
 */
export class RunningCommand {
  readonly #mark: string = randomUUID();
  readonly #temporary = mkdtempSync(join(tmpdir(), 'rollcall-command-'));
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #complaints: string[] = [];
  readonly #exit: Promise<number>;

  constructor(args: readonly string[]) {
    const [command = '', ...rest] = args;
    const child = spawn(process.execPath, [join(checkout, 'local/bootstrap.mjs'), command, ...rest], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, [markName]: this.#mark, TMPDIR: this.#temporary },
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#lines.push(line));
    createInterface({ input: child.stderr }).on('line', (line) => this.#complaints.push(line));
    this.#exit = new Promise((resolve, reject) => {
      child.on('error', reject).on('close', (code) => resolve(code ?? 128));
    });
  }

  /** The last line of its standard output. */
  get lastLine(): string | undefined {
    return this.#lines.at(-1);
  }

  /** Waits for something that its last line says; tells what it said when that does not come. */
  async until<T>(what: string, look: () => T | undefined | false, timeoutMs: number): Promise<T> {
    try {
      return await waitFor(what, look, { timeoutMs });
    } catch (error) {
      const said = [...this.#complaints.slice(-20), this.lastLine ?? 'nothing'].join('\n');
      throw new Error(`it said:\n${said}`, { cause: error });
    }
  }

  /** Its standard output so far. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** Waits for its end, which a signal may bring about; gives the exit code. */
  async end(signal?: NodeJS.Signals): Promise<number> {
    if (signal) this.#child.kill(signal);
    return await this.#exit;
  }

  /** The command lines of what runs of it, inside and outside of its namespace. */
  processes(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && this.#owns(name))
      .map((name) => read(name, 'cmdline').replaceAll('\0', ' '));
  }

  /** What `npm run shell -- --of` takes to enter its namespace, and not that of another npm start of this checkout. */
  namespace(): number | undefined {
    return runningNamespaces('start').find(({ pid }) => this.#owns(`${pid}`))?.pid;
  }

  #owns(pid: string): boolean {
    return read(pid, 'environ').includes(`${markName}=${this.#mark}`);
  }

  /** What lies in its folder for temporary files. */
  leftFiles(): string[] {
    return readdirSync(this.#temporary);
  }

  /** Ends what is still there. */
  async dispose(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.#temporary, { recursive: true, force: true });
  }
}

/** Processes end while one looks; those of others cannot be read. */
function read(name: string, file: string): string {
  try {
    return readFileSync(`/proc/${name}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
