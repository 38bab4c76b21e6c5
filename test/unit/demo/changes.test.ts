import assert from 'node:assert/strict';
import { changes, summary } from '../../../local/demo/changes.ts';
import { demoState, shownRow } from '../../support/demo-state.ts';

describe('what npm start tells of changes', () => {
  it('is nothing when nothing changed', () => {
    assert.deepEqual(changes(demoState(), demoState()), []);
  });

  it('is that a row expired, and that its endpoint is gone', () => {
    const lease = {
      expired: true,
      wanted: 'absent',
      wantedAt: 99_000,
      expiresAt: 99_000,
      afterMs: undefined,
    } as const;
    const expired = demoState(1, { rows: [shownRow(1, lease)] });
    assert.deepEqual(changes(demoState(1), expired), ['row: greeter-1 (10.77.1.1:50051) expired 1.0 s ago']);
    const gone = demoState(1, { rows: [shownRow(1, { ...lease, published: 'absent', afterMs: 180 })] });
    assert.deepEqual(changes(expired, gone), [
      'endpoint: greeter-1 (10.77.1.1:50051) gone from the slices 180 ms after the row said so',
    ]);
    assert.deepEqual(changes(expired, demoState(1)), [
      'row: greeter-1 (10.77.1.1:50051) beats again',
      'endpoint: greeter-1 (10.77.1.1:50051) ready in the slices 320 ms after the row said so',
    ]);
  });

  it('is that an endpoint is gone which went between two looks, right after another change', () => {
    const draining = {
      status: 'DRAINING',
      wanted: 'draining',
      published: 'draining',
      wantedAt: 95_000,
    } as const;
    const gone = {
      status: 'DOWN',
      wanted: 'absent',
      published: 'absent',
      wantedAt: 99_000,
      afterMs: 40,
    } as const;
    const before = demoState(1, { rows: [shownRow(1, draining)] });
    assert.deepEqual(changes(before, demoState(1, { rows: [shownRow(1, gone)] })), [
      'row: greeter-1 (10.77.1.1:50051) DOWN',
      'endpoint: greeter-1 (10.77.1.1:50051) gone from the slices 40 ms after the row said so',
    ]);
  });

  it('is that a new server registered and when its first call came', () => {
    assert.deepEqual(changes(demoState(1), demoState(2)), [
      'row: greeter-2 (10.77.1.2:50051) UP',
      'endpoint: greeter-2 (10.77.1.2:50051) ready in the slices 320 ms after the row said so',
      'calls: greeter-2 answers its first, 9.0 s after its row said UP',
      'by xDS: greeter-2 answers its first, 420 ms after its row said UP',
    ]);
  });

  it('is not that servers which were there from the start answer by another way, but that a call failed there', () => {
    const rows = [shownRow(1, { afterMs: undefined })];
    const [way] = demoState(1).otherWays;
    assert.ok(way);
    const silent = demoState(1, { rows, otherWays: [{ ...way, calls: { ...way.calls, servers: [] } }] });
    assert.deepEqual(changes(silent, demoState(1, { rows })), []);
    const lastFailure = { at: 99_000, code: 14, text: 'no connection' };
    const failing = [{ ...way, calls: { ...way.calls, failed: 1, lastFailure } }];
    assert.deepEqual(changes(silent, demoState(1, { rows, otherWays: failing })), [
      'by xDS: the first failed: UNAVAILABLE no connection',
    ]);
  });

  it('is that a feed cannot follow, and that it follows again', () => {
    const conditions = [{ type: 'FeedHealthy', status: 'False', reason: 'BinlogOff', message: 'Type this.' }];
    const served = demoState(3, { registry: { feed: 'Binlog', active: 'Poll', conditions } });
    assert.deepEqual(changes(demoState(), served), [
      'feed: Binlog cannot follow the rows, Poll serves (BinlogOff: Type this.)',
    ]);
    assert.deepEqual(changes(served, demoState()), ['feed: Binlog follows the rows']);
    assert.deepEqual(changes(served, demoState(3, { registry: undefined })), []);
  });

  it('is a condition with its reason, and its message where it is not True', () => {
    const [grpcService] = demoState().grpcServices;
    assert.ok(grpcService);
    const conditions = grpcService.conditions.map((condition) =>
      condition.type === 'Protected'
        ? { ...condition, status: 'True', reason: 'Holding', message: '1 is held.' }
        : condition,
    );
    const held = demoState(3, { grpcServices: [{ ...grpcService, conditions }] });
    assert.deepEqual(changes(demoState(), held), [
      'GrpcService demo/greeter: Protected=True (Holding: 1 is held.)',
    ]);
    assert.deepEqual(changes(held, demoState()), ['GrpcService demo/greeter: Protected=False (Fine)']);
  });

  it('is of a new GrpcService that it is ready', () => {
    assert.deepEqual(changes(demoState(3, { grpcServices: [] }), demoState()), [
      'GrpcService demo/greeter: Ready=True (Fine)',
    ]);
  });

  it('is that the database and the operator go and come', () => {
    const { database, operator } = demoState();
    const away = demoState(3, {
      database: { ...database, answers: false },
      operator: { ...operator, pid: undefined, leads: false },
    });
    assert.deepEqual(changes(demoState(), away), [
      'database: MariaDB 10.11.19 at 10.77.0.20:3306 does not answer',
      'operator: ended',
    ]);
    assert.deepEqual(changes(away, demoState()), [
      'database: MariaDB 10.11.19 at 10.77.0.20:3306 answers',
      'operator: operator-1 runs (pid 112)',
      'operator: operator-1 leads',
    ]);
  });

  it('is that calls fail, once for failures that follow each other', () => {
    const { calls } = demoState();
    const failing = (failed: number, at: number) =>
      demoState(3, {
        calls: { ...calls, failed, lastFailure: { at, code: 14, text: 'connection refused' } },
      });
    const line = 'calls: the first failed: UNAVAILABLE connection refused';
    assert.deepEqual(changes(demoState(), failing(1, 50_000)), [line]);
    assert.deepEqual(changes(failing(1, 50_000), failing(2, 58_000)), []);
    assert.deepEqual(changes(failing(2, 58_000), failing(3, 70_000)), [line]);
  });
});

describe('the summary of npm start', () => {
  it('is one line', () => {
    assert.equal(
      summary(demoState(2)),
      '2 rows alive; 2 endpoints ready in 1 slices; 40 calls (greeter-1 20, greeter-2 20), 0 failed, 6.0 a second',
    );
  });
});
