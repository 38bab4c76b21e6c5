import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { components, type ComponentName } from '../../local/components/index.ts';
import { run } from '../../local/lib/run.ts';

const root = join(import.meta.dirname, '../..');

/** Where figures come from; without it they mean nothing. */
export interface Origin {
  readonly date: string;
  /** The commit, with `+changes` when the working tree differs from it. */
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  /** Of the last minute, before the first run: above 0, somebody else is at work. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** Looks at the machine and the checkout. */
export async function origin(): Promise<Origin> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: await commit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    load: loadavg()[0] ?? 0,
    versions: { rollcall: manifest.version, node: process.versions.node, ...componentVersions() },
  };
}

function componentVersions(): Record<string, string> {
  const used: readonly ComponentName[] = ['kubernetes', 'etcd'];
  return Object.fromEntries(used.map((name) => [name, components[name].version.replace(/^v/, '')]));
}

async function commit(): Promise<string> {
  const git = async (...args: string[]) =>
    (await run('git', ['-c', `safe.directory=${root}`, ...args], { cwd: root })).stdout.trim();
  const hash = await git('rev-parse', '--short=10', 'HEAD').catch(() => '');
  if (hash === '') return 'unknown';
  return (await git('status', '--porcelain', '--', 'src', 'bench', 'package-lock.json')) === ''
    ? hash
    : `${hash}+changes`;
}
