/**
 * Loaded into the operator (`node --import`): measures how long single turns of its event loop keep the thread at work. A
 * timer that is late says as much about the other processes of the machine; the thread's own CPU time does not.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { turnsFile } from './turns-file.ts';

const everyMs = 5;
/** Published by undici. Until the first connection Node compiles the program, in one long turn before anything works. */
const connected = 'undici:client:connected';

const file = turnsFile(process.pid);
writeFileSync(file, '0');
subscribe(connected, start);

function start(): void {
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
