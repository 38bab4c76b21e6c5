import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '../world/fleet.ts';
import { processUsage } from '../world/process-usage.ts';
import type { LiveWorld } from './side.ts';

/** What steady changes showed. */
export interface Changes {
  /** From the answer to each write until the watch told of it, in ms. */
  readonly delays: readonly number[];
  /** Slice writes. */
  readonly writes: number;
  /** Of one core, by the process that publishes. */
  readonly cpuPercent: number;
}

/** Takes one server after the other out of the ready ones, `rate` a second, spread over all services; rejects when one is not told of. */
export async function measureChanges(
  world: Pick<LiveWorld, 'watch' | 'subject' | 'setReady'>,
  members: readonly Member[],
  { changes, rate }: { readonly changes: number; readonly rate: number },
): Promise<Changes> {
  const { watch, subject } = world;
  const seen = new Map<string, number>();
  const stopListening = watch.listen(({ before, ready, atMs }) => {
    for (const address of before) if (!ready.has(address)) seen.set(address, atMs);
  });
  watch.resetWrites();
  const cpuBefore = processUsage(subject.pid ?? 0).cpuSeconds;
  const since = performance.now();
  const committed = new Map<string, number>();
  const stride = Math.floor(members.length / changes) || 1;
  for (let change = 0; change < changes; change++) {
    await sleep(Math.max(0, since + (change * 1000) / rate - performance.now()));
    const one = members[(change * stride) % members.length];
    if (!one) throw new Error('there are fewer servers than changes');
    await world.setReady(one, false);
    committed.set(one.address, performance.now());
  }
  await watch.until('the last change', () => seen.size === committed.size);
  stopListening();
  const cpu = processUsage(subject.pid ?? 0).cpuSeconds - cpuBefore;
  const elapsed = (performance.now() - since) / 1000;
  // The watch can tell before the writer has its own answer: then it took no time that anybody could notice.
  const delays = [...committed].map(([address, at]) => Math.max(0, (seen.get(address) ?? NaN) - at));
  return { delays, writes: watch.totalWrites, cpuPercent: (100 * cpu) / elapsed };
}
