import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { lastLines } from '../lib/run.ts';
import { waitFor } from '../lib/wait.ts';
import { newLogFile } from './work-dir.ts';

/** How to run one server. */
export interface ServerSpec {
  /** Names the log file and the messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Throws or gives false while the server is not ready yet. */
  readonly isReady: () => Promise<boolean>;
  /** 60 s by default. */
  readonly readyTimeoutMs?: number;
  /** How long a clean stop may take before it becomes a kill; 20 s by default. */
  readonly stopTimeoutMs?: number;
}

/** What every server of the local cluster can do. */
export interface Server {
  readonly name: string;
  /** Of the running process; undefined while it is stopped. */
  readonly pid: number | undefined;
  readonly logFile: string;
  /** Starts it again after {@link stop} or {@link kill}: same addresses, same data. Resolves when it is ready. */
  start(): Promise<void>;
  /** A clean stop (SIGTERM); its data stays. */
  stop(): Promise<void>;
  /** kill -9; resolves when the process is gone. Its data stays. */
  kill(): Promise<void>;
  /** A clean stop and a start. */
  restart(): Promise<void>;
  /** SIGSTOP freezes it: connections stay open and nothing answers. SIGCONT wakes it. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP' | 'SIGTERM'): void;
  /** Ends it at once and removes its data. */
  dispose(): Promise<void>;
}

/** A server as a process of its own, its output in a log file. */
export class ServerProcess implements Server {
  readonly logFile: string;
  #spec: ServerSpec;
  #child: ChildProcess | undefined;
  #exit: Promise<string> = Promise.resolve('not started');
  #ended: string | undefined;

  private constructor(spec: ServerSpec) {
    this.#spec = spec;
    this.logFile = newLogFile(spec.name);
  }

  /** Starts a server and waits until it is ready. When it is not, throws with the end of its log. */
  static async start(spec: ServerSpec): Promise<ServerProcess> {
    const server = new ServerProcess(spec);
    await server.start();
    return server;
  }

  get name(): string {
    return this.#spec.name;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Changes how it is started the next time. */
  respec(change: Partial<ServerSpec>): void {
    this.#spec = { ...this.#spec, ...change };
  }

  async start(): Promise<void> {
    if (this.#child) return;
    const log = openSync(this.logFile, 'a');
    // A session of its own: Ctrl-C in the terminal must not end servers before those who use them.
    const child = spawn(this.#spec.command, this.#spec.args, {
      cwd: this.#spec.cwd,
      env: { ...process.env, ...this.#spec.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    this.#ended = undefined;
    this.#exit = new Promise((resolve) => {
      const end = (how: string) => {
        if (this.#child === child) this.#child = undefined;
        this.#ended = how;
        resolve(how);
      };
      child.on('error', (error) => end(error.message));
      child.on('exit', (code, signal) => end(signal ?? `exit code ${code ?? 0}`));
    });
    await this.#untilReady();
  }

  async #untilReady(): Promise<void> {
    const { name, isReady, readyTimeoutMs = 60_000 } = this.#spec;
    const tooEarly = new AbortController();
    void this.#exit.then(() => tooEarly.abort());
    try {
      await waitFor(`${name} to be ready`, isReady, { timeoutMs: readyTimeoutMs, signal: tooEarly.signal });
    } catch (error) {
      const why = this.#ended
        ? `it ended with ${this.#ended}`
        : `after ${readyTimeoutMs} ms it was not ready`;
      await this.kill();
      throw new Error(`${name} did not start: ${why}. Its log ends with:\n${this.logTail()}`, {
        cause: error,
      });
    }
  }

  async stop(): Promise<void> {
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    const kill = setTimeout(() => void this.kill(), this.#spec.stopTimeoutMs ?? 20_000);
    await this.#exit;
    clearTimeout(kill);
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exit;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP' | 'SIGTERM'): void {
    this.#child?.kill(name);
  }

  async dispose(): Promise<void> {
    await this.kill();
  }

  /** The end of the log. */
  logTail(lines = 15): string {
    if (!existsSync(this.logFile)) return `(no ${basename(this.logFile)})`;
    return lastLines(readFileSync(this.logFile, 'utf8'), lines);
  }
}

/** Lets the end of a server remove its folder, too. */
export function withCleanup<T extends Server>(server: T, folder: string): T {
  const dispose = server.dispose.bind(server);
  server.dispose = async () => {
    await dispose();
    await rm(folder, { recursive: true, force: true });
  };
  return server;
}
