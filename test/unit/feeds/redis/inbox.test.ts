import assert from 'node:assert/strict';
import { Inbox } from '../../../../src/feeds/redis/inbox.ts';
import { messageText } from '../../../../src/feeds/redis/message.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

describe('the inbox of a Redis link', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let inbox: Inbox;
  /** Services of each call, in order. */
  let hints: (readonly string[])[];
  let resyncs: string[];
  let looks: number[];
  /** What is held of a service; those that are not in here change all the time. */
  let revisions: Map<string, number>;
  let changes: number;

  beforeEach(() => {
    revisions = new Map();
    changes = 0;
    clock = new FakeClock();
    logger = new RecordingLogger();
    hints = [];
    resyncs = [];
    looks = [];
    inbox = new Inbox({
      sink: {
        hint: (services) => void hints.push(services.map(({ service }) => service)),
        resync: (reason, message) => void resyncs.push(`${clock.now()} ${reason}: ${message}`),
      },
      known: { revision: (service) => revisions.get(service) ?? (changes += 1) },
      lookNow: () => void looks.push(clock.now()),
      clock,
      logger,
    });
  });

  const hear = (service: string): void => inbox.receive(messageText({ service, stamp: null }));
  const number = (version: number, epoch = 'a'): void =>
    inbox.receive(messageText({ service: 'orders', stamp: { epoch, version } }));
  const hearMany = (count: number, from = 0): void => {
    for (let index = 0; index < count; index += 1) hear(`s${from + index}`);
  };

  it('tells what arrived in one packet together, each service once', async () => {
    hear('orders');
    hear('users');
    hear('orders');
    assert.deepEqual(hints, [], 'not before the packet is through');
    await clock.advance(0);
    assert.deepEqual(hints, [['orders', 'users']]);
    assert.equal(inbox.position, 'message 3');
    hear('orders');
    await clock.advance(0);
    assert.deepEqual(hints[1], ['orders'], 'again: it changed again');
  });

  it('tells of 10,000 services in a second one by one, without a resync', async () => {
    hearMany(10_000);
    await clock.advance(5000);
    assert.equal(new Set(hints.flat()).size, 10_000);
    assert.deepEqual(resyncs, []);
  });

  it('asks for one resync for all that came beyond, when the second is over', async () => {
    hearMany(10_000);
    await clock.advance(400);
    hearMany(5000, 10_000);
    hear('s0');
    await clock.advance(599);
    assert.deepEqual([hints.flat().length, resyncs], [10_001, []], 'those that were told before still are');
    await clock.advance(1);
    assert.deepEqual(resyncs, ['1000 TooManyChanges: more than 10000 services within 1000 ms']);
    await clock.advance(60_000);
    assert.equal(resyncs.length, 1);
  });

  it('counts anew in the next second', async () => {
    hearMany(10_000);
    await clock.advance(1000);
    hearMany(10_000, 10_000);
    await clock.advance(1000);
    assert.deepEqual([new Set(hints.flat()).size, resyncs], [20_000, []]);
  });

  it('looks at once after a jump, and again half a second later at the earliest', async () => {
    number(1);
    for (let version = 3; version < 100; version += 2) {
      number(version);
      await clock.advance(20);
    }
    assert.deepEqual(looks, [0, 500]);
  });

  it('reads everything when a gap stays for a second, and not when it is filled', async () => {
    number(1);
    number(3);
    await clock.advance(900);
    number(2);
    await clock.advance(5000);
    assert.deepEqual([looks, resyncs], [[0], []]);
    number(6);
    await clock.advance(1000);
    assert.deepEqual(resyncs, ['6900 FeedResumed: messages 4 to 5 of publisher a did not arrive']);
  });

  it('reads everything once in 30 s at most, and then for all gaps together', async () => {
    for (let version = 1; version < 400; version += 2) {
      number(version);
      await clock.advance(100);
    }
    await clock.advance(60_000);
    assert.deepEqual(
      resyncs.map((each) => each.slice(0, each.indexOf(':'))),
      ['1100 FeedResumed', '31100 FeedResumed'],
    );
    assert.equal(logger.messages('warn').length, 2);
  });

  it('logs what it cannot read once a minute, with the count', async () => {
    for (let second = 0; second < 119; second += 1) {
      inbox.receive('orders');
      await clock.advance(1000);
    }
    const lines = logger.lines.map(({ message, fields }) => `${message}: ${String(fields.count)}`);
    const message = 'message on the channel cannot be read';
    assert.deepEqual(lines, [`${message}: 1`, `${message}: 61`]);
    assert.deepEqual(hints, []);
  });

  it('believes a service whose numbering makes no sense', async () => {
    inbox.receive('{"service": "orders", "epoch": "a", "version": "many"}');
    await clock.advance(0);
    assert.deepEqual(hints, [['orders']]);
    assert.equal(logger.messages('warn').length, 1);
  });

  it('tells ever more slowly of a service that does not change, and of others as before', async () => {
    revisions.set('quiet', 7);
    for (let ms = 0; ms < 10_000; ms += 1) {
      hear('quiet');
      if (ms % 100 === 0) hear('orders');
      await clock.advance(1);
    }
    const told = (service: string): number => hints.flat().filter((each) => each === service).length;
    assert.equal(told('orders'), 100);
    assert.ok(told('quiet') >= 10 && told('quiet') <= 20, String(told('quiet')));
  });

  it('tells at once of a service that changed again, and within a second whatever was said before', async () => {
    revisions.set('orders', 7);
    for (let ms = 0; ms < 3000; ms += 1) {
      hear('orders');
      await clock.advance(1);
    }
    const before = hints.length;
    hear('orders');
    await clock.advance(1000);
    assert.equal(hints.length, before + 1, 'what was said last is not lost');
    revisions.set('orders', 8);
    hear('orders');
    await clock.advance(0);
    assert.equal(hints.length, before + 2);
  });

  it('tells together, 50 times a second, of names that nobody has', async () => {
    for (let ms = 0; ms < 1000; ms += 1) {
      const name = `invented-${ms}`;
      revisions.set(name, 0);
      hear(name);
      await clock.advance(1);
    }
    await clock.advance(30);
    assert.equal(new Set(hints.flat()).size, 1000);
    assert.ok(hints.length >= 25 && hints.length <= 51, String(hints.length));
  });

  it('says nothing after it was closed, and leaves no timer behind', async () => {
    hearMany(10_001);
    revisions.set('held', 0);
    hear('held');
    number(1);
    number(3);
    inbox.close();
    assert.equal(clock.pending, 0);
    await clock.advance(60_000);
    assert.deepEqual([hints, resyncs, looks], [[], [], [0]]);
  });
});
