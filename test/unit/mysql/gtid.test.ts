import assert from 'node:assert/strict';
import { mariadbGtidsWentBack } from '../../../src/mysql/gtid.ts';

const cases = [
  { name: 'nothing was seen before', before: '', now: '0-1-5', wentBack: false },
  { name: 'it stands still', before: '0-1-5', now: '0-1-5', wentBack: false },
  { name: 'it goes on', before: '0-1-5', now: '0-1-900', wentBack: false },
  { name: 'it goes on from another server', before: '0-1-5', now: '0-2-6', wentBack: false },
  { name: 'a domain is new', before: '0-1-5', now: '0-1-5,1-1-1', wentBack: false },
  { name: 'domains change places', before: '0-1-5,1-1-7', now: '1-1-7, 0-1-5', wentBack: false },
  { name: 'a number is lower', before: '0-1-10', now: '0-1-9', wentBack: true },
  { name: 'one of two numbers is lower', before: '0-1-10,1-1-7', now: '0-1-11,1-1-6', wentBack: true },
  { name: 'a domain is gone', before: '0-1-10,1-1-7', now: '0-1-10', wentBack: true },
  { name: 'everything is gone', before: '0-1-10', now: '', wentBack: true },
] as const;

describe('the position of a MariaDB server', () => {
  for (const { name, before, now, wentBack } of cases) {
    it(`${wentBack ? 'went back' : 'did not go back'} when ${name}`, () => {
      assert.equal(mariadbGtidsWentBack(before, now), wentBack);
    });
  }
});
