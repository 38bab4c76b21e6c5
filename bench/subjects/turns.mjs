/**
 * Loaded into the operator (`node --import`): measures how long single turns of its event loop keep the thread at work. A
 * timer that is late says as much about the other processes of the machine; the thread's own CPU time does not.
 * Plain JavaScript, because the loader of TypeScript would add 80 MiB to the process that is measured.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';

const everyMs = 5;
/** Published by undici. Until the first connection Node compiles the program, in one long turn before anything works. */
const connected = 'undici:client:connected';

const file = process.env.ROLLCALL_BENCH_TURNS;
writeFileSync(file, '0');
subscribe(connected, start);

function start() {
  unsubscribe(connected, start);
  let longestMs = 0;
  let before = process.threadCpuUsage();
  setInterval(() => {
    const used = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    const ms = (used.user + used.system) / 1000;
    if (ms <= longestMs) return;
    longestMs = ms;
    writeFileSync(file, String(ms));
  }, everyMs).unref();
}
