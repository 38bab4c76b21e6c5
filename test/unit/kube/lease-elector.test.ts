import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noMachineryObserver } from '../../../src/controller/machinery-observers.ts';
import { RetryableError } from '../../../src/lib/errors.ts';
import { LeaseElector } from '../../../src/kube/lease-elector.ts';
import type { Lease } from '../../../src/kube/lease.ts';
import { IndexedCache } from '../../../src/kube/object-cache.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeResourceClient } from '../../support/fake-resource-client.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

const logger = new RecordingLogger();
const never = new AbortController().signal;

/** One process that takes part in the election. */
class Candidate {
  readonly log: string[] = [];
  readonly stop = new AbortController();
  readonly elector: LeaseElector;
  /** What the workers do after their term was aborted. */
  drain: () => Promise<void> = () => Promise.resolve();
  running: Promise<void> | undefined;
  readonly #clock: FakeClock;

  constructor(
    clock: FakeClock,
    leases: FakeResourceClient<Lease>,
    identity: string,
    options: { cache?: IndexedCache<Lease>; random?: () => number } = {},
  ) {
    this.#clock = clock;
    this.elector = new LeaseElector({
      namespace: 'system',
      name: 'rollcall',
      identity,
      leases,
      clock,
      logger,
      random: options.random ?? (() => 0),
      observer: noMachineryObserver,
      ...(options.cache !== undefined && { cache: options.cache }),
    });
  }

  start(): void {
    this.running = this.elector.run(
      {
        onStartedLeading: async (term) => {
          this.log.push(`start@${this.#clock.now()}`);
          await new Promise<void>((resolve) =>
            term.addEventListener('abort', () => resolve(), { once: true }),
          );
          await this.drain();
          this.log.push(`drained@${this.#clock.now()}`);
        },
        onStoppedLeading: () => this.log.push(`stop@${this.#clock.now()}`),
      },
      this.stop.signal,
    );
  }
}

function bench(): { clock: FakeClock; leases: FakeResourceClient<Lease> } {
  return { clock: new FakeClock(), leases: new FakeResourceClient<Lease>() };
}

describe('LeaseElector', () => {
  it('takes a Lease that does not exist, with times of six digits, and renews it every 2 s', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    one.start();
    await clock.advance(0);
    assert.equal(one.elector.isLeader, true);
    const { spec } = leases.objects.get('system/rollcall') ?? {};
    assert.equal(spec?.holderIdentity, 'one');
    assert.equal(spec.leaseDurationSeconds, 15);
    assert.equal(spec.leaseTransitions, 0);
    assert.equal(spec.acquireTime, '2026-01-01T00:00:00.000000Z');
    await clock.advance(6000);
    assert.equal(leases.objects.get('system/rollcall')?.spec?.renewTime, '2026-01-01T00:00:06.000000Z');
    assert.equal(leases.objects.get('system/rollcall')?.spec?.acquireTime, '2026-01-01T00:00:00.000000Z');
    assert.deepEqual(
      leases.calls.map(({ verb }) => verb),
      ['get', 'create', 'update', 'update', 'update'],
    );
    one.stop.abort();
    await clock.advance(0);
    await one.running;
  });

  it('releases the lease on a clean stop, but only after the workers have drained', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    const two = new Candidate(clock, leases, 'two');
    one.drain = () => clock.sleep(5000, never);
    one.start();
    await clock.advance(0);
    two.start();
    await clock.advance(1000);
    one.stop.abort();
    await clock.advance(4900);
    assert.equal(one.elector.isLeader, true, 'draining workers may still write');
    assert.equal(leases.objects.get('system/rollcall')?.spec?.holderIdentity, 'one');
    await clock.advance(100);
    await one.running;
    assert.equal(one.elector.isLeader, false);
    assert.deepEqual(one.log, ['start@0', 'drained@6000', 'stop@6000']);
    await clock.advance(2000);
    assert.equal(two.elector.isLeader, true);
    assert.equal(leases.objects.get('system/rollcall')?.spec?.leaseTransitions, 1);
    two.stop.abort();
    await clock.advance(0);
    await two.running;
  });

  it('takes a released lease at once when it has a cache of it', async () => {
    const { clock, leases } = bench();
    const cache = new IndexedCache<Lease>({}, logger);
    const one = new Candidate(clock, leases, 'one');
    const two = new Candidate(clock, leases, 'two', { cache });
    one.start();
    await clock.advance(0);
    two.start();
    await clock.advance(100);
    one.stop.abort();
    await clock.advance(0);
    await one.running;
    const released = leases.objects.get('system/rollcall');
    assert.equal(released?.spec?.holderIdentity, '');
    cache.put(released);
    await clock.advance(0);
    assert.equal(two.elector.isLeader, true);
    assert.deepEqual(two.log, ['start@100']);
    two.stop.abort();
    await clock.advance(0);
    await two.running;
  });

  it('takes over from a holder that went silent when its lease has run out, and not before', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    one.start();
    await clock.advance(0);
    leases.before = ({ verb }) => {
      if (verb === 'update' && !two.elector.isLeader && clock.now() < 15_000)
        throw new RetryableError('cut off');
    };
    const two = new Candidate(clock, leases, 'two');
    two.start();
    await clock.advance(14_999);
    assert.equal(two.elector.isLeader, false);
    assert.equal(one.elector.isLeader, false, 'the old holder stopped at its renew deadline');
    await clock.advance(200);
    assert.equal(two.elector.isLeader, true);
    assert.deepEqual(one.log.slice(0, 3), ['start@0', 'drained@10000', 'stop@10000']);
  });

  it('never judges by the times in the record', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    one.start();
    await clock.advance(0);
    clock.wallStartMs += 3_600_000;
    const two = new Candidate(clock, leases, 'two');
    two.start();
    await clock.advance(60_000);
    assert.equal(one.elector.isLeader, true);
    assert.equal(two.elector.isLeader, false);
  });

  it('stops being leader by arithmetic alone when the process was frozen', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    one.start();
    await clock.advance(1000);
    const aborted: Error[] = [];
    one.elector.enter((reason) => aborted.push(reason));
    clock.freeze(60_000);
    assert.equal(one.elector.isLeader, false);
    assert.equal(one.elector.remainingMs(), 0);
    await clock.advance(0);
    assert.equal(aborted.length, 1, 'the write under way is aborted');
    assert.equal(one.log[1]?.startsWith('drained@'), true);
  });

  it('leads again after it lost the lease, if nobody else took it', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    one.start();
    await clock.advance(0);
    leases.before = () => {
      if (clock.now() < 20_000) throw new RetryableError('away');
    };
    await clock.advance(30_000);
    assert.equal(one.elector.isLeader, true);
    assert.equal(one.log.filter((line) => line.startsWith('start')).length, 2);
    assert.equal(leases.objects.get('system/rollcall')?.spec?.leaseTransitions, 0);
  });

  it('gives way at once when it sees another holder', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    one.start();
    await clock.advance(0);
    const lease = leases.objects.get('system/rollcall');
    assert.ok(lease?.spec);
    await leases.update(
      { ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } },
      new AbortController().signal,
    );
    await clock.advance(4000);
    assert.equal(one.elector.isLeader, false);
    assert.equal(leases.objects.get('system/rollcall')?.spec?.holderIdentity, 'thief');
  });

  it('survives one request that hangs: two more fit into the deadline', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    one.start();
    await clock.advance(0);
    let hung = 0;
    leases.before = async (_call, signal) => {
      if (hung > 0) return;
      hung += 1;
      await clock.sleep(600_000, signal);
    };
    await clock.advance(20_000);
    assert.equal(hung, 1);
    assert.equal(one.elector.isLeader, true);
    assert.deepEqual(one.log, ['start@0']);
  });

  it('finds out what became of a renewal whose answer was lost', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    one.start();
    await clock.advance(0);
    const update = leases.update.bind(leases);
    leases.update = async (lease, signal) => {
      leases.update = update;
      await update(lease, signal);
      throw new RetryableError('the answer was lost');
    };
    await clock.advance(20_000);
    assert.equal(one.elector.isLeader, true);
    assert.deepEqual(one.log, ['start@0']);
  });

  it('ends with the error of its work, and releases the lease', async () => {
    const { clock, leases } = bench();
    const one = new Candidate(clock, leases, 'one');
    const failing = one.elector.run(
      { onStartedLeading: () => Promise.reject(new Error('bug')), onStoppedLeading: () => undefined },
      one.stop.signal,
    );
    const outcome = assert.rejects(failing, /bug/);
    await clock.advance(2000);
    await outcome;
    assert.equal(leases.objects.get('system/rollcall')?.spec?.holderIdentity, '');
  });

  it('never has two leaders, whatever requests are lost or late', async () => {
    const kind = fc.constantFrom('ok', 'fail', 'slow', 'lost', 'late');
    const fault = fc.record({ kind, ms: fc.nat(30_000) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { minLength: 5, maxLength: 60 }),
        fc.nat(1000),
        async (faults, seed) => {
          const { clock, leases } = bench();
          let turn = seed;
          const random = (): number => ((turn = (turn * 16807 + 11) % 2147483647) % 1000) / 1000;
          leases.before = async (_call, signal) => {
            const next = faults[(turn += 1) % faults.length];
            if (next?.kind === 'fail') throw new RetryableError('away');
            if (next?.kind === 'slow') await clock.sleep(next.ms, signal);
            if (next?.kind === 'lost') await clock.sleep(600_000, signal);
          };
          // A write that is carried out long after the one who sent it gave up.
          const late =
            (write: (lease: Lease, signal: AbortSignal) => Promise<Lease>) =>
            async (lease: Lease, signal: AbortSignal): Promise<Lease> => {
              const next = faults[(turn += 1) % faults.length];
              if (next?.kind !== 'late') return write(lease, signal);
              clock.after(next.ms, () => void write(lease, never).catch(() => undefined));
              await clock.sleep(600_000, signal);
              return assert.fail('nobody waits so long');
            };
          leases.update = late(leases.update.bind(leases));
          leases.create = late(leases.create.bind(leases));
          const candidates = ['one', 'two', 'three'].map(
            (name) => new Candidate(clock, leases, name, { random }),
          );
          for (const candidate of candidates) candidate.start();
          for (let step = 0; step < 120; step += 1) {
            await clock.advance(500);
            const leaders = candidates.filter(({ elector }) => elector.isLeader).length;
            assert.ok(leaders <= 1, `${leaders} leaders at ${clock.now()}`);
          }
          leases.before = () => undefined;
          faults.splice(0);
          await clock.advance(60_000);
          assert.equal(
            candidates.filter(({ elector }) => elector.isLeader).length,
            1,
            'in the end there is one',
          );
          for (const candidate of candidates) candidate.stop.abort();
          await clock.advance(5000);
          await Promise.all(candidates.map(async ({ running }) => running));
        },
      ),
      { numRuns: 25 },
    );
  }).timeout(60_000);
});
