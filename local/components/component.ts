import type { Task } from '../lib/progress.ts';

/** Something the local cluster runs, built or unpacked once into the cache. */
export interface Component {
  readonly name: string;
  /** Part of the folder's name, for people. */
  readonly version: string;
  /** Files (relative to local/) and words that decide what comes out: another hash is another folder. */
  readonly recipe: { readonly files: readonly string[]; readonly words?: readonly string[] };
  /** Without a required component nothing works; the tests of any other one are skipped with its reason. */
  readonly required: boolean;
  /** `cpu` work takes turns, two at a time; `network` work runs beside it. */
  readonly kind: 'cpu' | 'network';
  /** Fills an empty folder, which is renamed into its place afterwards: nothing in it may contain its own path. */
  make(folder: string, task: Task): Promise<void>;
}

/** A component cannot be had on this machine. The message is one sentence that says why and what to do. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
