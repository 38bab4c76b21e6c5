import assert from 'node:assert/strict';
import { Chalk } from 'chalk';
import * as fc from 'fast-check';
import { keyLabels } from '../../../local/demo/actions.ts';
import type { DemoState } from '../../../local/demo/state.ts';
import { widthOf } from '../../../local/demo/text.ts';
import { view } from '../../../local/demo/view.ts';
import { demoState, shownRow } from '../../support/demo-state.ts';

const plain = new Chalk({ level: 0 });
const coloured = new Chalk({ level: 3 });

const text = (state: DemoState, size = { width: 120, height: 50 }) =>
  view(state, keyLabels(true), size, plain).join('\n');

describe('the screen of npm start', () => {
  it('shows rows, slices, conditions and calls', () => {
    const shown = text(demoState());
    for (const line of [
      /operator-1 \(pid 112\) leads/,
      /REGISTRY {2}answers {2}table instances in MariaDB 10\.11\.19/,
      /feed: Binlog follows the rows ✔/,
      /greeter-2 {2}10\.77\.1\.2:50051 {2}62 +UP +6\.0 s left +ready +320 ms/,
      /demo\/greeter-abc {2}port 50051 {2}3 ready {2}10\.77\.1\.1 10\.77\.1\.2 10\.77\.1\.3/,
      /demo\/greeter {2}3 ready {2}Ready ✔ {2}RegistryAvailable ✔/,
      /greeter-3 {2}20 {2}2\.0\/s {2}█{20}/,
      /\[s\] start a server/,
    ]) {
      assert.match(shown, line);
    }
  });

  it('shows the calls by other ways than DNS, and why there is none', () => {
    const shown = text(demoState());
    assert.match(
      shown,
      /BY XDS +xds:\/\/\/greeter\.demo +60, 6\.0 a second +none failed +greeter-1 2\.0\/s {2}greeter-2 2\.0\/s/,
    );
    assert.match(shown, /BY ENVOY +10\.77\.0\.50:10000 +not here: there is no python3/);
  });

  it('says which feed serves instead, why and what mends it', () => {
    const message = 'log_bin is OFF: the server keeps no binary log.';
    const conditions = [{ type: 'FeedHealthy', status: 'False', reason: 'BinlogOff', message }];
    const shown = text(demoState(1, { registry: { feed: 'Binlog', active: 'Poll', conditions } }));
    assert.match(shown, /feed: Binlog cannot follow the rows, Poll serves ✘\n +BinlogOff: log_bin is OFF/);
    assert.match(text(demoState(1, { registry: undefined })), /feed: the operator has not said yet/);
  });

  it('says since when an expired row is waited for, and how long its endpoint took to go', () => {
    const expired = {
      expired: true,
      wanted: 'absent',
      wantedAt: 98_000,
      expiresAt: 98_000,
      pid: undefined,
    } as const;
    const waiting = shownRow(1, { ...expired, afterMs: undefined });
    assert.match(
      text(demoState(0, { rows: [waiting] })),
      /none +UP +ended 2\.0 s ago +ready +not yet, for 2\.0 s/,
    );
    const gone = shownRow(1, { ...expired, published: 'absent', afterMs: 210 });
    assert.match(text(demoState(0, { rows: [gone] })), /ended 2\.0 s ago +no +210 ms/);
  });

  it('calls a server held that stays published although its lease ended', () => {
    const row = shownRow(1, { expired: true, wanted: 'absent', wantedAt: 90_000, expiresAt: 90_000 });
    const [grpcService] = demoState().grpcServices;
    assert.ok(grpcService);
    const state = demoState(0, { rows: [row], grpcServices: [{ ...grpcService, held: 1 }] });
    assert.match(text(state), /ended 10 s ago +held/);
  });

  it('counts servers that left long ago instead of listing them', () => {
    const left = shownRow(2, { status: 'DOWN', wanted: 'absent', published: 'absent', wantedAt: 30_000 });
    const shown = text(demoState(1, { rows: [shownRow(1), left] }));
    assert.match(shown, /1 of servers that left before/);
    assert.doesNotMatch(shown, /greeter-2/);
  });

  it('says why a condition is not True', () => {
    const condition = {
      type: 'RegistryAvailable',
      status: 'False',
      reason: 'Unreachable',
      message: 'No answer.',
    };
    const grpcService = {
      namespace: 'demo',
      name: 'greeter',
      service: 'greeter',
      ready: 3,
      draining: 0,
      held: 0,
    };
    const shown = text(demoState(3, { grpcServices: [{ ...grpcService, conditions: [condition] }] }));
    assert.match(shown, /RegistryAvailable ✘/);
    assert.match(shown, /RegistryAvailable \(Unreachable\): No answer\./);
  });

  it('counts GrpcServices where there are many, and explains the first of those that are not well', () => {
    const [well] = demoState().grpcServices;
    assert.ok(well);
    const message =
      'Registry rollcall-system/default: could not be read, and this is a long story of why. '.repeat(9);
    const wrong = { type: 'Ready', status: 'False', reason: 'NeverRead', message } as const;
    const grpcServices = Array.from({ length: 40 }, (_, number) => ({
      ...{ ...well, name: `gs-${number}` },
      conditions: number < 20 ? well.conditions : [wrong],
    }));
    const lines = text(demoState(3, { grpcServices })).split('\n');
    const from = lines.findIndex((line) => line.startsWith('GRPCSERVICES'));
    const section = lines.slice(from, lines.indexOf('', from));
    assert.equal(section.filter((line) => /gs-\d+ .*Ready ✘/.test(line)).length, 5);
    assert.equal(section.filter((line) => line.includes('Ready (NeverRead)')).length, 2);
    assert.equal(section.at(-1), '  and 35 more, 15 with a condition that is not well');
    assert.equal(section.length, 1 + 5 + 2 * 4 + 1);
  });

  it('says that the database does not answer, and shows the rows as they were then', () => {
    const { database } = demoState();
    const away = { ...database, answers: false, pid: undefined, readAt: 101_000 };
    const shown = text(demoState(3, { database: away, now: 200_000 }));
    assert.match(shown, /does not answer; the rows of \d\d:\d\d:41 .* stopped/);
    assert.match(shown, /greeter-1 .* 5\.0 s left/);
  });

  it('keeps rows before events and the keys before everything on 80 columns and 24 lines', () => {
    const events = Array.from({ length: 20 }, (_, number) => ({ at: number, text: `event ${number}` }));
    const shown = text(demoState(3, { events }), { width: 80, height: 24 });
    assert.match(shown, /greeter-3 {2}10/);
    assert.match(shown, /event 19/);
    assert.match(shown, /\[q\] quit/);
    assert.match(text(demoState(40), { width: 30, height: 8 }), /\[q\] quit/);
  });

  it('puts rows that change first where there are many', () => {
    const rows = demoState(20).rows.map((row) => ({ ...row, afterMs: undefined }));
    const expired = shownRow(20, { expired: true, wanted: 'absent', wantedAt: 99_000, expiresAt: 99_000 });
    const shown = text(demoState(20, { rows: [...rows.slice(0, 19), expired] }), { width: 80, height: 24 });
    assert.match(shown, /greeter-20 .* ended 1\.0 s ago/);
  });

  it('has no colours where they are turned off', () => {
    assert.equal(text(demoState()), text(demoState()).replaceAll('\u001b', ''));
    assert.ok(view(demoState(), [], { width: 80, height: 24 }, coloured).join('\n').includes('\u001b['));
  });

  it('never writes outside the terminal, however small it is and however much there is to show', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        (count, width, height) => {
          const lines = view(demoState(count), keyLabels(true), { width, height }, coloured);
          assert.ok(lines.length <= height);
          for (const line of lines) assert.ok(widthOf(line) <= width, line);
        },
      ),
    );
  });
});
