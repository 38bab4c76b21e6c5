import assert from 'node:assert/strict';
import { type OpenRegistry, RegistrySupervisor } from '../../../src/controller/registry-supervisor.ts';
import { IndexedCache } from '../../../src/kube/object-cache.ts';
import type { Registry } from '../../../src/model/registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { anInstance, aSnapshot } from '../../support/instances.ts';
import { aRegistry } from '../../support/observations.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

/** A registry that is open until it is told to stop, or to fail. */
class FakeOpen implements OpenRegistry {
  readonly before: OpenRegistry | undefined;
  readonly health = { available: true, reason: 'Connected', message: '', needsHelp: false };
  running = false;
  overlapped = false;
  fail: (error: Error) => void = () => undefined;

  constructor(before: OpenRegistry | undefined) {
    this.before = before;
  }

  snapshot(): ReturnType<OpenRegistry['snapshot']> {
    return aSnapshot([anInstance()]);
  }
  confirm(): void {
    assert.fail('not asked for');
  }
  refresh(): void {
    assert.fail('not asked for');
  }
  isCurrent(): boolean {
    return true;
  }
  nowUs(): number {
    return 7;
  }
  facts(): ReturnType<OpenRegistry['facts']> {
    return { feed: null, server: null, retentionFault: null, services: 1, instances: 1, lastReadMs: 1 };
  }
  subscribe(): () => void {
    return () => undefined;
  }
  async run(signal: AbortSignal): Promise<void> {
    this.running = true;
    if (this.before instanceof FakeOpen) this.overlapped = this.before.running;
    try {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
        this.fail = reject;
      });
      await Promise.resolve();
    } finally {
      this.running = false;
    }
  }
}

/** The Registry after somebody edited its spec. */
function changed(spec: Partial<Registry['spec']>): Registry {
  const registry = aRegistry(spec);
  return { ...registry, metadata: { ...registry.metadata, resourceVersion: '2', generation: 2 } };
}

describe('RegistrySupervisor', () => {
  let clock: FakeClock;
  let cache: IndexedCache<Registry>;
  let opened: FakeOpen[];
  let supervisor: RegistrySupervisor;
  let stop: AbortController;
  let ended: Promise<void>;
  const logger = new RecordingLogger();

  beforeEach(async () => {
    clock = new FakeClock();
    cache = new IndexedCache<Registry>({}, logger);
    opened = [];
    supervisor = new RegistrySupervisor({
      registries: cache,
      open: (_registry, _times, before) => {
        const open = new FakeOpen(before);
        opened.push(open);
        return open;
      },
      clock,
      random: () => 0,
      logger,
    });
    stop = new AbortController();
    ended = supervisor.run(stop.signal);
    cache.put(aRegistry());
    await clock.advance(0);
  });
  afterEach(async () => {
    stop.abort();
    await ended;
    assert.ok(opened.every(({ running }) => !running));
  });

  it('opens a Registry, and leaves it alone while only who may use it changes', async () => {
    cache.put(changed({ allowedNamespaces: { from: 'Same' }, paused: true }));
    await clock.advance(0);
    assert.equal(opened.length, 1);
    assert.equal(opened[0]?.running, true);
  });

  it('opens it anew for another host, with what was known, and only after the old session has ended', async () => {
    const { mysql } = aRegistry().spec;
    cache.put(changed({ mysql: { ...mysql, host: 'other' } }));
    await clock.advance(0);
    assert.equal(opened.length, 2);
    assert.equal(opened[1]?.before, opened[0]);
    assert.equal(opened[1]?.overlapped, false);
    assert.equal(opened[1].running, true);
  });

  it('closes a Registry that is gone', async () => {
    cache.remove('ops/main');
    await clock.advance(0);
    assert.equal(opened[0]?.running, false);
    assert.equal(supervisor.get('ops/main'), undefined);
  });

  it('after a bug keeps what is known, says that it cannot be read, and opens it anew by itself', async () => {
    opened[0]?.fail(new Error('a bug'));
    await clock.advance(0);
    const view = supervisor.get('ops/main');
    assert.equal(view?.health.available, false);
    assert.equal(view.health.reason, 'InternalError');
    assert.equal(view.snapshot('orders')?.instances.length, 1);
    assert.equal(supervisor.facts('ops/main')?.fault?.message, 'a bug');
    await clock.advance(1000);
    assert.equal(opened.length, 2);
    assert.equal(opened[1]?.before, opened[0]);
    assert.equal(supervisor.get('ops/main')?.health.available, true);
    opened[1]?.fail(new Error('again'));
    await clock.advance(1999);
    assert.equal(opened.length, 2, 'the second time it waits longer');
    await clock.advance(1);
    assert.equal(opened.length, 3);
  });
});
