import { setTimeout as sleep } from 'node:timers/promises';
import { summary } from './changes.ts';
import type { DemoEvent, DemoState } from './state.ts';
import { clock } from './view.ts';

const lookMs = 200;
const summaryMs = 5000;

/** Prints what happens, and how it stands every few seconds, until `signal` is aborted. */
export async function printLines(state: () => DemoState, signal: AbortSignal): Promise<void> {
  let last: DemoEvent | undefined;
  let nextSummary = Date.now() + summaryMs;
  for (;;) {
    const { events, ...rest } = state();
    for (const event of events.slice(last === undefined ? 0 : events.indexOf(last) + 1)) {
      console.log(`${clock(event.at)} ${event.text}`);
      last = event;
    }
    if (rest.now >= nextSummary) {
      console.log(`${clock(rest.now)} ${summary(rest)}`);
      nextSummary += summaryMs;
    }
    if (await over(lookMs, signal)) return;
  }
}

/** Prints everything there is to show as one JSON object a second, until `signal` is aborted. */
export async function printJson(state: () => DemoState, signal: AbortSignal): Promise<void> {
  for (;;) {
    console.log(JSON.stringify(state()));
    if (await over(1000, signal)) return;
  }
}

/** Waits; gives whether `signal` was aborted. */
async function over(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  return signal.aborted;
}
