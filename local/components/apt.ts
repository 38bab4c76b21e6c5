import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '../lib/progress.ts';
import { mustRun, onPath } from '../lib/run.ts';
import { Unavailable } from './component.ts';

/**
 * Debian packages, unpacked instead of installed: apt resolves and verifies them in a private state that starts empty
 * (so the whole closure comes, libc included), `dpkg -x` unpacks them into one folder, and every program is started by
 * that folder's own dynamic loader. Neither the system's packages nor its package lists are touched.
 */
export interface Unpacking {
  readonly packages: readonly string[];
  /** `own`: this system's release; any other word: that suite of the same archive, such as `sid`. */
  readonly suite: string;
  /** Programs to give a starter in bin/: name -> places in the folder where it may be. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
}

/** Unpacks into `folder`. Throws {@link Unavailable}. */
export async function unpackPackages(unpacking: Unpacking, folder: string, task: Task): Promise<void> {
  for (const tool of ['apt-get', 'dpkg']) {
    if (!(await onPath(tool))) {
      throw new Unavailable(
        `${unpacking.packages[0] ?? ''} is unpacked from Debian or Ubuntu packages, and this system has no ${tool}: run this on Debian or Ubuntu, for instance in a container.`,
      );
    }
  }
  const state = await mkdtemp(join(tmpdir(), 'rollcall-apt-'));
  try {
    const options = await privateState(state, unpacking.suite);
    task.update('apt-get update');
    await apt([...options, 'update']);
    task.update(`downloading ${unpacking.packages.join(', ')}`);
    const install = ['-y', '--no-install-recommends', '--download-only', 'install', ...unpacking.packages];
    await apt([...options, ...install]);
    task.update('unpacking');
    const archives = join(state, 'cache/archives');
    for (const file of await readdir(archives)) {
      if (file.endsWith('.deb')) await mustRun('dpkg', ['-x', join(archives, file), folder]);
    }
  } finally {
    await rm(state, { recursive: true, force: true });
  }
  for (const unused of ['doc', 'man', 'locale', 'info', 'lintian', 'bash-completion', 'zoneinfo', 'perl']) {
    await rm(join(folder, 'usr/share', unused), { recursive: true, force: true });
  }
  await writeStarters(folder, unpacking.programs);
}

async function apt(args: readonly string[]): Promise<void> {
  try {
    await mustRun('apt-get', ['-q', ...args], { env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' } });
  } catch (error) {
    throw new Unavailable(error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error), {
      cause: error,
    });
  }
}

/** An apt state of our own below `state`, with the system's archive, keyring and proxy settings but none of its hooks. */
async function privateState(state: string, suite: string): Promise<string[]> {
  for (const dir of ['lists/partial', 'cache/archives/partial', 'none']) {
    await mkdir(join(state, dir), { recursive: true });
  }
  const acquire = (await mustRun('apt-config', ['dump', 'Acquire'])).split('\n');
  const config = [
    `Dir::Etc::Parts "${state}/none";`,
    `Dir::Etc::Main "/dev/null";`,
    ...acquire.filter((line) => !line.includes('Acquire::IndexTargets')),
  ];
  await writeFile(join(state, 'apt.conf'), `${config.join('\n')}\n`);
  await writeFile(join(state, 'status'), '');
  await writeFile(
    join(state, 'sources.list'),
    `${(await sourceLines(join(state, 'none'), suite)).join('\n')}\n`,
  );
  const settings = {
    'Dir::Etc::SourceList': join(state, 'sources.list'),
    'Dir::Etc::SourceParts': join(state, 'none'),
    'Dir::State': state,
    'Dir::State::Lists': join(state, 'lists'),
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
    'Dir::Cache::Archives': join(state, 'cache/archives'),
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Debug::NoLocking': '1',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['-c', join(state, 'apt.conf'), ...options];
}

/** `deb` lines for a suite, from the places that this system's own sources name. */
async function sourceLines(emptyLists: string, suite: string): Promise<string[]> {
  const release = osRelease(await readFile('/etc/os-release', 'utf8'));
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)';
  const args = [
    'indextargets',
    '--no-release-info',
    '-o',
    `Dir::State::Lists=${emptyLists}`,
    '--format',
    format,
  ];
  const targets = [
    ...new Set((await mustRun('apt-get', [...args, 'Created-By: Packages'])).trim().split('\n')),
  ];
  const codename = release.VERSION_CODENAME ?? 'sid';
  const names = [codename, 'stable', 'testing', 'unstable', 'sid'];
  const own = targets
    .map((line) => line.split(' '))
    .filter(
      ([, name = '', part]) =>
        names.includes(name.split(/[-/]/)[0] ?? '') && /^(main|universe)$/.test(part ?? ''),
    );
  const keyring = `/usr/share/keyrings/${release.ID ?? ''}-archive-keyring.gpg`;
  const trust = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  if (suite === 'own') return own.map((words) => `deb ${trust}${words.join(' ')}`);
  const uri = own.find(([, name]) => name && names.includes(name))?.[0];
  if (release.ID !== 'debian' || !uri) {
    throw new Unavailable(
      `Debian's ${suite} suite is read from the archive that a Debian system names, and this is not one.`,
    );
  }
  return [`deb ${trust}${uri} ${suite} main`];
}

/** The variables of an os-release file. */
function osRelease(text: string): Record<string, string | undefined> {
  const pairs = text.split('\n').map((line) => /^(\w+)="?([^"]*)"?$/.exec(line));
  return Object.fromEntries(pairs.flatMap((match) => (match ? [[match[1] ?? '', match[2]]] : [])));
}

/** Small scripts that start a program by the folder's own loader, wherever the folder is. */
async function writeStarters(folder: string, programs: Unpacking['programs']): Promise<void> {
  const [machine, loader] =
    process.arch === 'arm64'
      ? ['aarch64-linux-gnu', 'ld-linux-aarch64.so.1']
      : ['x86_64-linux-gnu', 'ld-linux-x86-64.so.2'];
  const libraries = [`usr/lib/${machine}`, `lib/${machine}`];
  const loaderPath = libraries
    .map((dir) => `${dir}/${loader}`)
    .find((path) => existsSync(join(folder, path)));
  if (!loaderPath) throw new Unavailable(`the unpacked packages have no ${loader}.`);
  await mkdir(join(folder, 'programs'));
  for (const [name, places] of Object.entries(programs)) {
    const place = places.find((path) => existsSync(join(folder, path)));
    if (!place) throw new Unavailable(`the unpacked packages have no ${name}.`);
    const path = join(folder, 'programs', name);
    const lines = [
      '#!/bin/sh',
      'root=$(dirname "$(dirname "$(readlink -f "$0")")")',
      `exec "$root/${loaderPath}" --library-path "${libraries.map((dir) => `$root/${dir}`).join(':')}" "$root/${place}" "$@"`,
    ];
    await writeFile(path, `${lines.join('\n')}\n`);
    await chmod(path, 0o755);
  }
}
