import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import type { World } from './world.ts';

/** Fails as soon as `service` does not have exactly `addresses`, until `done` is true. */
export async function staysReady(
  world: World,
  namespace: string,
  service: string,
  addresses: readonly string[],
  done: () => Promise<boolean>,
): Promise<void> {
  const wanted = JSON.stringify([...addresses].sort());
  await waitFor(
    'the end of the watch',
    async () => {
      const seen = JSON.stringify(await world.ready(namespace, service));
      if (seen !== wanted) throw new assert.AssertionError({ message: `expected ${wanted}, saw ${seen}` });
      return done();
    },
    { timeoutMs: 60_000, intervalMs: 50 },
  );
}
