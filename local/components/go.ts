import { join } from 'node:path';
import { CommandFailed, mustRun, onPath } from '../lib/run.ts';
import type { Task } from '../lib/progress.ts';
import { localDir } from './cache.ts';
import { Unavailable } from './component.ts';

/** What to build from one module below local/go. */
export interface GoBuild {
  /** Folder below local/go with go.mod and go.sum. */
  readonly module: string;
  /** Import path (or `.`) of each main package -> name of its binary. */
  readonly binaries: Readonly<Record<string, string>>;
  /** `-X` settings of the linker. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The files that decide what {@link goBuild} makes. */
export function goRecipe(build: GoBuild, sources: readonly string[] = []) {
  const files = ['go.mod', 'go.sum', ...sources].map((file) => `go/${build.module}/${file}`);
  return { files, words: [JSON.stringify(build)] };
}

/** Builds static binaries into `folder`, exactly as go.sum pins them. Throws {@link Unavailable} without a Go toolchain. */
export async function goBuild(build: GoBuild, folder: string, task: Task): Promise<void> {
  if (!(await onPath('go'))) throw new Unavailable('there is no Go toolchain');
  const cwd = join(localDir, 'go', build.module);
  const variables = Object.entries(build.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const ldflags = ['-s', '-w', ...variables].join(' ');
  const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false -trimpath', GOWORK: 'off' };
  let packages = 0;
  const onLine = (line: string) => {
    if (line.startsWith('go: downloading')) task.update(line.slice('go: '.length));
    else task.update(`go build, ${++packages} packages compiled`);
  };
  try {
    for (const [path, name] of Object.entries(build.binaries)) {
      await mustRun('go', ['build', '-v', '-ldflags', ldflags, '-o', join(folder, name), path], {
        cwd,
        env,
        onLine,
      });
    }
  } catch (error) {
    throw new Unavailable(`go build failed (${firstProblem(error)})`, { cause: error });
  }
}

/** The line of go's output that says what is wrong; the rest are names of packages that went well. */
function firstProblem(error: unknown): string {
  if (!(error instanceof CommandFailed)) return String(error);
  const lines = error.result.stderr
    .split('\n')
    .filter((line) => line.includes(': ') && !line.includes('downloading'));
  return lines[0]?.trim() ?? error.message;
}
