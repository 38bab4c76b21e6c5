import { spawn, type StdioOptions } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { availability } from './components/index.ts';
import { lastLines, onPath, run } from './lib/run.ts';

/** Where DNS is answered inside the namespace. */
export const dnsAddress = '10.77.0.10';

/** A directory in memory inside the namespace: servers keep their data there, and it ends with the namespace. */
export const workDir = '/run/rollcall';

/** The namespace cannot be made on this machine. The message is one sentence that says what to do. */
export class NamespaceRefused extends Error {
  override readonly name = 'NamespaceRefused';
}

/** A command that runs inside a namespace. */
export interface Inside {
  /** Of the process outside that holds the namespace. */
  readonly pid: number;
  /** Asks the command inside to end, as a signal to it would. */
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void;
  /** Ends everything inside at once. */
  kill(): void;
  /** The exit code of the command, 128 when it or the namespace was ended by a signal. */
  readonly exitCode: Promise<number>;
}

/** Options of {@link enterNamespace}. */
export interface NamespaceOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the command; this process's own by default. */
  readonly stdio?: 'inherit' | 'pipe-output';
  readonly onOutput?: (text: string) => void;
}

/** Whether this process is inside such a namespace. */
export function insideNamespace(env = process.env): boolean {
  return env.ROLLCALL_INSIDE === '1';
}

/**
 * Runs a command in a network, mount and process namespace of its own, as root there. Inside, every address of
 * 10.77.0.0/16 and fd77::/64 is local, so that thousands of "hosts" can be bound and dialled and nothing leaves the
 * machine; DNS goes to {@link dnsAddress}; /run is empty, so that no resolver daemon of the system is asked.
 *
 * The first process inside (local/namespace-init.sh) reads from a pipe that this process holds: however this process
 * ends, kill -9 included, the pipe closes, the first process ends, and the kernel ends everything else with it.
 */
export async function enterNamespace(
  command: readonly string[],
  options: NamespaceOptions = {},
): Promise<Inside> {
  await probeNamespaces();
  const init = join(import.meta.dirname, 'namespace-init.sh');
  const stdio: StdioOptions =
    options.stdio === 'pipe-output'
      ? ['ignore', 'pipe', 'pipe', 'pipe']
      : ['inherit', 'inherit', 'inherit', 'pipe'];
  const child = spawn('unshare', [...unshareFlags(), 'sh', init, ...command], {
    stdio,
    cwd: options.cwd,
    env: { ...process.env, ...options.env, ROLLCALL_INSIDE: '1', ROLLCALL_IP: ipProgram() },
  });
  const { onOutput } = options;
  if (onOutput) {
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onOutput);
  }
  const exitCode = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
  const control = child.stdio[3] as NodeJS.WritableStream;
  control.on('error', () => undefined);
  return {
    pid: child.pid ?? 0,
    signal: (name) => void control.write(`${name.replace('SIG', '')}\n`),
    kill: () => void control.end(),
    exitCode,
  };
}

function unshareFlags(): string[] {
  const root = process.getuid?.() === 0;
  const user = root ? [] : ['--user', '--map-root-user'];
  return [...user, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
}

/** The system's `ip`, or the one unpacked with MariaDB. Throws {@link NamespaceRefused} when there is neither. */
function ipProgram(): string {
  for (const path of ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'])
    if (existsSync(path)) return path;
  const unpacked = availability('mariadb');
  if ('folder' in unpacked) return join(unpacked.folder, 'programs/ip');
  throw new NamespaceRefused(
    `The program ip is missing and could not be unpacked (${unpacked.unavailable}): install iproute2.`,
  );
}

async function probeNamespaces(): Promise<void> {
  if (!(await onPath('unshare'))) {
    throw new NamespaceRefused('The program unshare is missing: install util-linux.');
  }
  const probe = await run('unshare', [...unshareFlags(), 'true']);
  if (probe.code === 0) return;
  const says = lastLines(probe.stderr, 1);
  throw new NamespaceRefused(`This machine refuses namespaces of one's own (${says}): ${refusalAdvice()}.`);
}

/** What to do, by the switches that are known to forbid namespaces. */
function refusalAdvice(): string {
  const setting = (name: string) => {
    const path = join('/proc/sys', name.replaceAll('.', '/'));
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  };
  if (process.getuid?.() === 0) {
    return 'in a container, start it with --privileged, or with the capabilities SYS_ADMIN and NET_ADMIN and without the default seccomp and AppArmor profiles';
  }
  const orRoot = 'or run this with sudo -E';
  if (setting('kernel.apparmor_restrict_unprivileged_userns') === '1') {
    return `AppArmor forbids them to users; run sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, ${orRoot}`;
  }
  if (setting('kernel.unprivileged_userns_clone') === '0') {
    return `run sudo sysctl kernel.unprivileged_userns_clone=1, ${orRoot}`;
  }
  if (setting('user.max_user_namespaces') === '0') {
    return `run sudo sysctl user.max_user_namespaces=10000, ${orRoot}`;
  }
  return `allow unprivileged user namespaces on this system, ${orRoot}`;
}
