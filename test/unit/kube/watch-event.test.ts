import assert from 'node:assert/strict';
import { KubeApiError } from '../../../src/controller/kube-ports.ts';
import { statusError } from '../../../src/kube/api-error.ts';
import {
  endsInitialEvents,
  isExpired,
  isOlder,
  parseWatchEvent,
  refusesWatchList,
} from '../../../src/kube/watch-event.ts';

describe('parseWatchEvent', () => {
  it('answers events and bookmarks as they are', () => {
    const line =
      '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}';
    const event = parseWatchEvent(line, 'watch services');
    assert.equal(event.type, 'BOOKMARK');
    assert.equal(endsInitialEvents(event as never), true);
    assert.equal(endsInitialEvents({ type: 'BOOKMARK', object: { metadata: { name: '' } } }), false);
  });

  it('throws an ERROR event as the error that its Status stands for', () => {
    const line =
      '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}';
    assert.throws(
      () => parseWatchEvent(line, 'watch services'),
      (error) =>
        isExpired(error) &&
        error instanceof KubeApiError &&
        error.message.startsWith('watch services: too old'),
    );
  });
});

describe('isExpired', () => {
  const cases = [
    { name: 'HTTP 410', error: statusError('x', { code: 410 }), expected: true },
    { name: 'reason Expired', error: statusError('x', { code: 500, reason: 'Expired' }), expected: true },
    {
      name: 'a revision from the future',
      error: statusError('x', { code: 504, details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } }),
      expected: true,
    },
    { name: 'not a timeout', error: statusError('x', { code: 504 }), expected: false },
    { name: 'not a lost connection', error: new Error('reset'), expected: false },
  ];
  for (const { name, error, expected } of cases) it(name, () => assert.equal(isExpired(error), expected));
});

describe('refusesWatchList', () => {
  for (const [code, expected] of [
    [422, true],
    [400, true],
    [500, false],
    [403, false],
    [429, false],
  ] as const) {
    it(`${expected ? 'yes' : 'no'} by ${code}`, () =>
      assert.equal(refusesWatchList(statusError('x', { code })), expected));
  }
});

describe('isOlder', () => {
  it('compares resource versions as numbers', () => {
    assert.equal(isOlder('9', '10'), true);
    assert.equal(isOlder('10', '9'), false);
    assert.equal(isOlder('10', '10'), false);
  });

  it('never takes what is no number for older', () => {
    assert.equal(isOlder('abc', '10'), false);
    assert.equal(isOlder('10', 'abc'), false);
  });
});

describe('statusError', () => {
  it('prefers the Retry-After header to the seconds in the Status', () => {
    assert.equal(statusError('x', { code: 429, details: { retryAfterSeconds: 3 } }).retryAfterMs, 3000);
    assert.equal(statusError('x', { code: 429, details: { retryAfterSeconds: 3 } }, '1').retryAfterMs, 1000);
    assert.equal(statusError('x', { code: 429 }).retryAfterMs, undefined);
    assert.equal(statusError('x', { code: 503 }, 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfterMs, undefined);
  });

  it('finds a reason by the code where the answer names none', () => {
    assert.equal(statusError('x', { code: 409 }).reason, 'Conflict');
    assert.equal(statusError('x', { code: 418 }).reason, 'Unknown');
  });
});
