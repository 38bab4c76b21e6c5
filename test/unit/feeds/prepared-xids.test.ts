import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PreparedXids, xidText } from '../../../src/feeds/prepared-xids.ts';

describe('the XA transactions that were seen being prepared', () => {
  it('are known when they are committed, once', () => {
    const xids = new PreparedXids();
    xids.prepared(xidText(Buffer.from('ab'), Buffer.alloc(0), 1));
    assert.equal(xids.revealsUnseen(`XA COMMIT X'6162',X'',1`), false);
    assert.equal(xids.revealsUnseen(`XA COMMIT X'6162',X'',1`), true);
  });

  it('are forgotten when they are undone, which reveals nothing', () => {
    const xids = new PreparedXids();
    xids.prepared(xidText(Buffer.from('ab'), Buffer.from('c'), 7));
    assert.equal(xids.revealsUnseen(`XA ROLLBACK X'6162',X'63',7`), false);
    assert.equal(xids.revealsUnseen(`XA ROLLBACK X'6162',X'63',7`), false);
    assert.equal(xids.revealsUnseen(`XA COMMIT X'6162',X'63',7`), true);
  });

  for (const statement of ['COMMIT', 'ROLLBACK', `XA END X'61',X'',1`, `XA COMMIT X'61',X'',1 ONE PHASE`])
    it(`are none of the affair of ${statement}`, () => {
      assert.equal(new PreparedXids().revealsUnseen(statement), false);
    });

  it('are known whatever bytes they have, and the oldest are forgotten where they are too many', () => {
    const xid = fc.tuple(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), fc.nat());
    fc.assert(
      fc.property(xid, ([gtrid, bqual, format]) => {
        const xids = new PreparedXids();
        const text = xidText(Buffer.from(gtrid), Buffer.from(bqual), format);
        xids.prepared(text);
        return !xids.revealsUnseen(`xa commit ${text.toLowerCase().replaceAll(',', ', ')}`);
      }),
    );
    const xids = new PreparedXids();
    const numbered = (index: number): string => xidText(Buffer.alloc(0), Buffer.alloc(0), index);
    for (let index = 0; index <= 10_000; index += 1) xids.prepared(numbered(index));
    assert.equal(xids.revealsUnseen(`XA COMMIT ${numbered(0)}`), true);
    assert.equal(xids.revealsUnseen(`XA COMMIT ${numbered(1)}`), false);
  });
});
