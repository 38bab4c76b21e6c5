import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { RetryableError } from '../../../src/lib/errors.ts';
import type { Logger } from '../../../src/lib/logger.ts';
import { maskText } from '../../../src/telemetry/loggable.ts';
import { createLogger, type LoggerOptions } from '../../../src/telemetry/logger.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function logged(options: Partial<LoggerOptions>, use: (log: Logger) => void): string {
  const stream = new PassThrough();
  use(
    createLogger({
      level: 'debug',
      format: 'json',
      color: false,
      stream,
      clock: { wallNow: () => AT },
      ...options,
    }),
  );
  return (stream.read() as Buffer | null)?.toString() ?? '';
}

function entry(use: (log: Logger) => void): Record<string, unknown> {
  const text = logged({}, use);
  assert.match(text, /^[^\n]+\n$/, 'one line');
  return JSON.parse(text) as Record<string, unknown>;
}

describe('logger', () => {
  it('writes one line of JSON with time, level and message before the fields', () => {
    assert.equal(
      logged({}, (log) => log.info('slices written', { service: 'orders', slices: 3 })),
      '{"time":"2026-01-02T03:04:05.678Z","level":"info","message":"slices written","service":"orders","slices":3}\n',
    );
  });

  it('has written a line before the call returns, so that a process that ends loses none', () => {
    const stream = new PassThrough();
    const log = createLogger({
      level: 'info',
      format: 'json',
      color: false,
      stream,
      clock: { wallNow: () => AT },
    });
    for (let line = 0; line < 200; line++) log.error('gone', { line });
    assert.equal((stream.read() as Buffer).toString().trim().split('\n').length, 200);
  });

  it('adds the fields of its parents to the lines of a child', () => {
    const line = entry((log) => log.child({ component: 'a', x: 1 }).child({ x: 2 }).warn('m', { y: 3 }));
    assert.equal(line.component, 'a');
    assert.equal(line.x, 2);
    assert.equal(line.y, 3);
  });

  it('leaves out what is less important than its level', () => {
    const text = logged({ level: 'warn' }, (log) => {
      log.debug('1');
      log.info('2');
      log.warn('3');
      log.child({ component: 'a' }).error('4');
    });
    assert.deepEqual(
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { message: string }).message),
      ['3', '4'],
    );
  });

  it('keeps time, level and message when fields have their names', () => {
    const line = entry((log) => log.info('real', { message: 'field', level: 'x', time: 1 }));
    assert.equal(line.message, 'real');
    assert.equal(line.level, 'info');
    assert.equal(line.message_, 'field');
    assert.equal(line.level_, 'x');
    assert.equal(line.time_, 1);
  });

  it('writes an error with stack, code and every cause', () => {
    const socket = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const error = new RetryableError('reading the registry', { cause: socket, retryAfterMs: 50 });
    const line = entry((log) => log.warn('retried', { error })).error as Record<string, unknown>;
    assert.equal(line.name, 'RetryableError');
    assert.equal(line.message, 'reading the registry');
    assert.equal(line.retryAfterMs, 50);
    assert.match(String(line.stack), /reading the registry\n\s+at .*logger\.test\.ts/);
    const cause = line.cause as Record<string, unknown>;
    assert.equal(cause.code, 'ECONNREFUSED');
    assert.match(String(cause.stack), /connect ECONNREFUSED/);
  });

  it('writes the errors of an AggregateError', () => {
    const error = new AggregateError([new Error('one'), new Error('two')], 'both');
    const line = entry((log) => log.error('m', { error })).error as { errors: { message: string }[] };
    assert.deepEqual(
      line.errors.map(({ message }) => message),
      ['one', 'two'],
    );
  });

  const secrets: readonly { readonly name: string; readonly fields: Record<string, unknown> }[] = [
    { name: 'a password', fields: { password: 'hunter2' } },
    { name: 'a password under a longer name', fields: { mysql_root_Password: 'hunter2' } },
    { name: 'a token deep inside', fields: { request: { headers: [{ authorization: 'hunter2' }] } } },
    { name: 'a secret object', fields: { credentials: { user: 'a', pin: 'hunter2' } } },
    { name: 'the password of a URL', fields: { target: 'reading mysql://root:hunter2@db:3306/r failed' } },
    { name: 'the password of a URL with an @ in it', fields: { target: 'mysql://root:x@hunter2@db/r' } },
    { name: 'a URL object', fields: { target: new URL('https://a:hunter2@host/') } },
    { name: 'an authorization header in a text', fields: { header: 'authorization: Basic hunter2' } },
    { name: 'a bearer token in a text', fields: { text: 'sent Bearer hunter2.abcdefghijkl to it' } },
    {
      name: 'a password in a message, stack and cause of an error',
      fields: {
        error: new Error('at mysql://a:hunter2@h/d', {
          cause: new Error('mysql://a:hunter2@h/d', { cause: 'x' }),
        }),
      },
    },
    { name: 'a password in a map', fields: { map: new Map([['password', 'hunter2']]) } },
  ];
  for (const { name, fields } of secrets) {
    it(`masks ${name}`, () => {
      for (const format of ['json', 'pretty'] as const) {
        const text = logged({ format }, (log) => log.info('m', fields));
        assert.ok(text.includes('***'), text);
        assert.ok(!text.includes('hunter2'), text);
      }
    });
  }

  it('leaves the placeholder of advice readable', () => {
    const advice = 'rollcall migrate --url mysql://USER:PASSWORD@db:3306/registry';
    assert.equal(maskText(advice), advice);
    assert.equal(maskText('mysql://USER:PASSWORD1@db'), 'mysql://USER:***@db');
  });

  it('masks in a time that is linear in the length of a text, whatever is in it', () => {
    const texts = ['x', ' ', '://', '://a:', 'Bearer ', 'authorization: '].map((part) => part.repeat(20_000));
    const startMs = performance.now();
    for (const text of [...texts, ...texts.map((tail) => `Bearer${tail}`)]) maskText(text);
    assert.ok(performance.now() - startMs < 2000);
  });

  it('shows where a secret is and whether there is one', () => {
    const line = entry((log) =>
      log.info('m', {
        secretName: 'db',
        hasPassword: true,
        password: '',
        url: 'mysql://db:3306/r',
        text: 'Basic information; Bearer authentication is used',
      }),
    );
    assert.equal(line.secretName, 'db');
    assert.equal(line.hasPassword, true);
    assert.equal(line.password, '');
    assert.equal(line.url, 'mysql://db:3306/r');
    assert.equal(line.text, 'Basic information; Bearer authentication is used');
  });

  it('survives values that JSON cannot write', () => {
    const loop: Record<string, unknown> = { name: 'loop' };
    loop.self = loop;
    const line = entry((log) =>
      log.info('m', {
        loop,
        big: 2n ** 64n,
        none: undefined,
        nan: NaN,
        bytes: Buffer.from('abc'),
        set: new Set([1]),
        date: new Date(AT),
        invalid: new Date(NaN),
        many: Array.from({ length: 102 }, () => 0),
        long: 'x'.repeat(10_000),
      }),
    );
    assert.deepEqual(line.loop, { name: 'loop', self: '[circular]' });
    assert.equal(line.big, '18446744073709551616');
    assert.ok(!('none' in line));
    assert.equal(line.nan, 'NaN');
    assert.equal(line.bytes, '[3 bytes]');
    assert.deepEqual(line.set, [1]);
    assert.equal(line.date, '2026-01-02T03:04:05.678Z');
    assert.equal(line.invalid, 'Invalid Date');
    assert.equal((line.many as unknown[]).at(-1), '[2 more]');
    assert.match(String(line.long), /x\[1808 more characters\]$/);
  });

  it('is easy to read in a terminal', () => {
    const use = (log: Logger): void => log.warn('retried', { service: 'orders', why: 'a b', n: [1, 'x'] });
    assert.equal(
      logged({ format: 'pretty' }, use),
      '03:04:05.678 WARN  retried service=orders why="a b" n=[1,"x"]\n',
    );
    assert.ok(logged({ format: 'pretty', color: true }, use).includes('\u001b[33mWARN \u001b[0m'));
  });

  it('shows stack and causes below the line in a terminal', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    const text = logged({ format: 'pretty' }, (log) => log.error('failed', { service: 'orders', error }));
    assert.match(
      text,
      /^03:04:05\.678 ERROR failed service=orders\n {4}error: Error: outer\n {8}at [^]*\n {4}caused by: Error: inner\n {8}at /,
    );
  });
});
