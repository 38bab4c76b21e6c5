import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  dumpFault,
  freshUuid,
  positionText,
  readerServerId,
} from '../../../../src/feeds/binlog/dump-fault.ts';

describe('an error that ends the stream of a binary log', () => {
  for (const [wanted, errno, text] of [
    ['lost', 1236, 'Could not find first log file name in binary log index file'],
    ['lost', 1236, 'Cannot replicate because the source purged required binary logs.'],
    ['lost', 1955, 'The binlog on the master is missing the GTID 0-1-5 requested by the slave'],
    ['lost', 1945, 'Failed to load replication slave GTID state'],
    ['taken', 1236, 'A slave with the same server_uuid/server_id as this slave has connected to the master'],
    ['taken', 4052, 'A slave with the same server_uuid/server_id is already connected'],
    ['other', 1227, 'Access denied; you need REPLICATION SLAVE'],
    ['other', undefined, 'connect ECONNREFUSED: server_id'],
  ] as const) {
    it(`means ${wanted}: ${errno ?? 'no number'} ${text}`, () => {
      assert.equal(dumpFault(errno, text), wanted);
    });
  }
});

describe('the name of a reader of a binary log', () => {
  it('is a server id above 2^31, the same for the same reader, and another after each attempt', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(1000), (reader, attempt) => {
        const id = readerServerId(reader, attempt);
        assert.ok(id >= 2 ** 31 && id < 2 ** 32 - 1 && Number.isInteger(id));
        assert.equal(readerServerId(reader, attempt), id);
        assert.notEqual(readerServerId(reader, attempt + 1), id);
      }),
    );
  });

  it('is a version 4 UUID', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999999, noNaN: true }), (value) => {
        assert.match(
          freshUuid(() => value),
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });
});

describe('a position in a binary log', () => {
  it('is read as the server writes it', () => {
    assert.equal(positionText({ kind: 'gtid', gtids: '0-1-5' }), '0-1-5');
    assert.equal(positionText({ kind: 'file', file: 'binlog.000007', offset: 157 }), 'binlog.000007:157');
  });
});
