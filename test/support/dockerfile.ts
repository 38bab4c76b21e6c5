import { cp, mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { mustRun } from '../../local/lib/run.ts';

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** One stage of a Dockerfile. */
export interface Stage {
  /** The last stage may have none. */
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** What the last stage says about how the image is run. */
export interface ImageConfig {
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Reads a Dockerfile; throws on an instruction that {@link buildImage} does not know. */
export function parseDockerfile(text: string): Stage[] {
  const known = ['WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'EXPOSE', 'ENTRYPOINT'];
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  for (const line of lines.filter((each) => each.trim() !== '' && !each.startsWith('#'))) {
    const [word = '', ...words] = line.trim().split(/\s+/);
    const rest = words.join(' ');
    if (word === 'ARG' && stages.length === 0) continue;
    if (word === 'FROM') {
      stages.push({ name: words[2] ?? '', base: words[0] ?? '', instructions: [] });
      continue;
    }
    if (!known.includes(word))
      throw new Error(`this Dockerfile has ${word}, which the test cannot carry out`);
    stages.at(-1)?.instructions.push({ word, rest });
  }
  return stages;
}

/** How the image is run: the last USER, ENTRYPOINT and all ENV of the last stage. */
export function imageConfig(stages: readonly Stage[]): ImageConfig {
  const instructions = stages.at(-1)?.instructions ?? [];
  const last = (word: string) => instructions.findLast((each) => each.word === word)?.rest ?? '';
  const env = instructions.filter(({ word }) => word === 'ENV').map(({ rest }) => rest.split('='));
  return {
    user: last('USER'),
    entrypoint: JSON.parse(last('ENTRYPOINT')) as string[],
    env: Object.fromEntries(env) as Record<string, string>,
  };
}

/** Options of {@link buildImage}. */
export interface BuildOptions {
  /** The build context. */
  readonly context: string;
  /** An empty folder; every stage gets a root of its own in it. */
  readonly folder: string;
  /** Stands for /usr/local/bin/node of the base image. */
  readonly node: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Carries out the steps of a Dockerfile without Docker; gives the root of the last stage. */
export async function buildImage(stages: readonly Stage[], options: BuildOptions): Promise<string> {
  const rootOf = (name: string): string => join(options.folder, name === '' ? 'image' : name);
  for (const stage of stages) {
    const root = rootOf(stage.name);
    await mkdir(root, { recursive: true });
    if (stage.name !== '') {
      await mkdir(join(root, 'usr/local/bin'), { recursive: true });
      await cp(options.node, join(root, 'usr/local/bin/node'), { dereference: true });
    }
    let workdir = '/';
    for (const { word, rest } of stage.instructions) {
      if (word === 'WORKDIR') {
        workdir = rest;
        await mkdir(join(root, workdir), { recursive: true });
      }
      if (word === 'RUN') {
        await mustRun('sh', ['-c', rest], { cwd: join(root, workdir), env: options.env });
      }
      if (word === 'COPY') await copy(rest, options.context, rootOf, (path) => inside(root, workdir, path));
    }
  }
  return rootOf(stages.at(-1)?.name ?? '');
}

const inside = (root: string, workdir: string, path: string): string =>
  path.startsWith('/') ? join(root, path) : join(root, workdir, path);

/** COPY: a file goes into a folder that ends in '/' or to a path, a folder gives its content. */
async function copy(
  rest: string,
  context: string,
  rootOf: (name: string) => string,
  target: (path: string) => string,
): Promise<void> {
  const words = rest.split(' ');
  const from = words[0]?.startsWith('--from=') === true ? words.shift()?.slice('--from='.length) : undefined;
  const destination = words.pop() ?? '';
  for (const source of words) {
    const path = join(from === undefined ? context : rootOf(from), source);
    const to = target(destination.endsWith('/') ? join(destination, basename(source)) : destination);
    await mkdir(dirname(to), { recursive: true });
    await cp(path, to, { recursive: true, verbatimSymlinks: true });
  }
}

/** The files of the build context that a Dockerfile copies. */
export function contextSources(stages: readonly Stage[]): string[] {
  return stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from='))
    .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
}

/** What a .dockerignore that begins with `*` lets through. */
export async function notIgnored(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines[0] !== '*') throw new Error(`${file} ignores everything first`);
  return lines.slice(1).map((line) => line.replace('!', ''));
}
