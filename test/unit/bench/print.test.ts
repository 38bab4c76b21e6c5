import assert from 'node:assert/strict';
import type { Report } from '../../../bench/harness/benchmark.ts';
import { asJson, asText } from '../../../bench/harness/print.ts';

const from = {
  date: '2026-01-01 00:00',
  commit: '0123456789',
  cpu: 'a CPU',
  cores: 2,
  memoryGib: 8,
  kernel: '6.1.0',
  load: 0.5,
  versions: { node: '24.0.0' },
};
const report: Report = {
  sections: [
    {
      title: 'a race',
      metrics: { time: { title: 'time', unit: 's', digits: 1 }, heat: { title: 'heat' } },
      sides: [
        { name: 'ours', samples: [{ time: 3, heat: 1 }, { time: 1 }, { time: 2.26 }] },
        { name: 'peer', samples: [{ time: 4 }] },
      ],
    },
  ],
  checks: [
    { demand: 'faster', found: '2.3 against 4', holds: true, exact: false },
    { demand: 'cooler', found: '1 against nothing', holds: false, exact: true },
  ],
  notes: ['a note'],
};

describe('the report of a benchmark', () => {
  it('shows the median of each side, a dash for what was not measured, and which demands hold', () => {
    const text = asText('race', report, from);
    assert.match(text, /ours +│ +3 │ +2\.3 s │ +1 │/);
    assert.match(text, /peer +│ +1 │ +4\.0 s │ +- │/);
    assert.match(text, / holds: faster \(2\.3 against 4\)/);
    assert.match(text, /DOES NOT HOLD: cooler/);
    assert.match(text, /commit 0123456789\na CPU, 2 cores, 8 GiB/);
  });

  it('has every single run, the medians and the origin in its JSON', () => {
    const parsed = JSON.parse(asJson('race', true, report, from)) as {
      quick: boolean;
      origin: object;
      sections: { sides: { median: object; samples: object[] }[] }[];
    };
    assert.equal(parsed.quick, true);
    assert.deepEqual(parsed.origin, from);
    const [ours, peer] = parsed.sections[0]?.sides ?? [];
    assert.deepEqual(ours?.median, { time: 2.26, heat: 1 });
    assert.deepEqual(ours.samples, [{ time: 3, heat: 1 }, { time: 1 }, { time: 2.26 }]);
    assert.deepEqual(peer?.median, { time: 4 });
  });
});
