import { createHash } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from '../lib/progress.ts';
import { mustRun } from '../lib/run.ts';
import { Unavailable } from './component.ts';

/** One published file and the place of its published checksum. */
export interface Release {
  readonly url: string;
  /** A file that has the sha256 of `url`: alone, or in a line that ends with the file's name. */
  readonly checksumUrl: string;
  /** Member of the archive that is the binary; a plain binary when absent. */
  readonly member?: string;
  readonly binary: string;
}

/** Go's word for this machine's processor, as release files have it. */
export const goArch = process.arch === 'x64' ? 'amd64' : process.arch;

/** Downloads a published binary into `folder` and checks its published sha256. Throws {@link Unavailable}. */
export async function download(release: Release, folder: string, task: Task): Promise<void> {
  task.update(`downloading ${release.url}`);
  const checksums = (await get(release.checksumUrl)).toString('utf8');
  const expected = checksumFor(release.url, checksums);
  const content = await get(release.url);
  const actual = createHash('sha256').update(content).digest('hex');
  if (!expected || actual !== expected) {
    throw new Unavailable(`${release.url} has the sha256 ${actual}, but ${expected ?? 'none'} was published`);
  }
  const path = join(folder, release.binary);
  if (release.member) {
    const archive = `${path}.tar.gz`;
    await writeFile(archive, content);
    await mustRun('sh', [
      '-c',
      'tar -xzf "$1" -O "$2" > "$3" && rm "$1"',
      'sh',
      archive,
      release.member,
      path,
    ]);
  } else {
    await writeFile(path, content);
  }
  await chmod(path, 0o755);
}

/** The sha256 of a file from a checksum file of either usual form. */
export function checksumFor(url: string, checksums: string): string | undefined {
  const name = url.split('/').at(-1) ?? '';
  const lines = checksums
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/[\s*]+/));
  const line = lines.find((words) => words[1]?.endsWith(name)) ?? (lines.length === 1 ? lines[0] : undefined);
  return line?.[0];
}

async function get(url: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) }).catch((cause: unknown) => {
    throw new Unavailable(`${url} could not be downloaded`, { cause });
  });
  if (!response.ok) throw new Unavailable(`${url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
