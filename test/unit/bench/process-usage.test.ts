import assert from 'node:assert/strict';
import { processUsage } from '../../../bench/world/process-usage.ts';

describe('what a process uses', () => {
  it('is what the process itself says', () => {
    const { user, system } = process.cpuUsage();
    const { cpuSeconds, rssMib, peakRssMib } = processUsage(process.pid);
    // The kernel's clock ticks every 10 ms, and time passes between the two looks.
    assert.ok(Math.abs(cpuSeconds - (user + system) / 1e6) < 0.1, `${cpuSeconds} s`);
    assert.ok(Math.abs(rssMib - process.memoryUsage.rss() / 2 ** 20) < 8, `${rssMib} MiB`);
    assert.ok(peakRssMib >= rssMib);
  });

  it('cannot be told of a process that is not there', () => {
    assert.throws(() => processUsage(2 ** 22 + 1), { code: 'ENOENT' });
  });
});
