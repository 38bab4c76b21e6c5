import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { withLock } from '../lib/lock.ts';
import type { Progress } from '../lib/progress.ts';
import { Unavailable, type Component } from './component.ts';

/** A component that could not be had is tried again after this time. */
const retryAfterMs = 10 * 60_000;

/** The local/ folder of this project. */
export const localDir = dirname(import.meta.dirname);

/** `$ROLLCALL_CACHE`, or `rollcall` in the user's cache folder. */
export function cacheDir(env = process.env): string {
  return env.ROLLCALL_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rollcall');
}

/** Where a component is, or will be. */
export function folderOf(component: Component): string {
  const hash = createHash('sha256').update(process.arch);
  for (const word of component.recipe.words ?? []) hash.update(`${word}\0`);
  for (const file of component.recipe.files) hash.update(readFileSync(join(localDir, file)));
  const key = `${component.name}-${component.version}-${hash.digest('hex').slice(0, 8)}`;
  return join(cacheDir(), key);
}

/** The folder of a component that is in the cache. Throws {@link Unavailable} with the reason when it is not. */
export function cached(component: Component): string {
  const folder = folderOf(component);
  if (existsSync(folder)) return folder;
  throw new Unavailable(
    refusal(folder)?.reason ??
      `${component.name} is not in the cache (${cacheDir()}): npm test and npm start fill it, and so does npm run in-namespace.`,
  );
}

/** Builds or unpacks a component unless it is in the cache. Throws {@link Unavailable}. */
export async function ensure(component: Component, progress: Progress): Promise<string> {
  const folder = folderOf(component);
  if (existsSync(folder)) return folder;
  const refused = refusal(folder);
  if (!component.required && refused && Date.now() - refused.at < retryAfterMs)
    throw new Unavailable(refused.reason);

  mkdirSync(cacheDir(), { recursive: true });
  const onWait = () => progress.say(`${component.name}: another process is making it, waiting for that ...`);
  return await withLock(`${folder}.lock`, onWait, async () => {
    if (existsSync(folder)) return folder;
    await progress.during(component.name, async (task) => {
      await removeLeftovers(folder);
      const draft = await mkdtemp(`${folder}.draft-`);
      try {
        await component.make(draft, task);
        await chmod(draft, 0o755);
        await rename(draft, folder);
        rmSync(refusalFile(folder), { force: true });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        writeFileSync(refusalFile(folder), JSON.stringify({ at: Date.now(), reason }));
        throw error instanceof Unavailable ? error : new Unavailable(reason, { cause: error });
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
    });
    return folder;
  });
}

/** Drafts of builders that were killed; called by the holder of the lock. */
async function removeLeftovers(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  for (const name of await readdir(dirname(folder))) {
    const path = join(dirname(folder), name);
    if (path.startsWith(`${folder}.draft-`)) await rm(path, { recursive: true, force: true });
  }
}

const refusalFile = (folder: string) => `${folder}.unavailable.json`;

function refusal(folder: string): { at: number; reason: string } | undefined {
  if (!existsSync(refusalFile(folder))) return undefined;
  return JSON.parse(readFileSync(refusalFile(folder), 'utf8')) as { at: number; reason: string };
}
