import { readFileSync } from 'node:fs';

/** What a process has used since its start. */
export interface ProcessUsage {
  /** User and system time of all its threads; the kernel counts in steps of 10 ms. */
  readonly cpuSeconds: number;
  /** Resident memory now. */
  readonly rssMib: number;
  /** The most it ever had resident (VmHWM). */
  readonly peakRssMib: number;
}

/** USER_HZ: the unit of times in /proc, 100 on every architecture that Rollcall runs on (proc(5)). */
const ticksPerSecond = 100;

/** Reads /proc; throws when the process has ended. */
export function processUsage(pid: number): ProcessUsage {
  // The name in parentheses may hold anything, so fields are counted behind it: utime is field 14, stime 15.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN);
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    rssMib: kib('VmRSS') / 1024,
    peakRssMib: kib('VmHWM') / 1024,
  };
}
