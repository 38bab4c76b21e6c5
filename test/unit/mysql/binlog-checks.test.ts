import assert from 'node:assert/strict';
import {
  binlogProblems,
  globalPrivileges,
  problemsError,
  type BinlogSettings,
} from '../../../src/mysql/binlog-checks.ts';

const variables = {
  log_bin: 'ON',
  binlog_format: 'ROW',
  binlog_row_image: 'FULL',
  binlog_row_value_options: '',
  server_id: '1',
  read_only: 'OFF',
  log_replica_updates: 'ON',
};
const settings = (
  changes: Partial<BinlogSettings> = {},
  changed: Record<string, string> = {},
): BinlogSettings => ({
  flavor: 'MySQL',
  variables: new Map(Object.entries({ ...variables, ...changed })),
  privileges: new Set(['REPLICATION SLAVE', 'REPLICATION CLIENT']),
  account: `o'neil@10.%`,
  isReplica: false,
  doDatabases: [],
  ignoreDatabases: [],
  ...changes,
});
const told = (found: BinlogSettings) =>
  binlogProblems(found, 'registry').map(({ reason, message }) => `${reason}: ${message}`);

describe('the check of a server for the feed Binlog', () => {
  it('finds nothing where all is as it must be', () => {
    assert.deepEqual(told(settings()), []);
    assert.deepEqual(told(settings({ privileges: new Set(['ALL PRIVILEGES']) })), []);
    assert.deepEqual(told(settings({ doDatabases: ['a', 'registry'], isReplica: true })), []);
    assert.deepEqual(
      told(settings({ flavor: 'MariaDB', privileges: new Set(['REPLICATION SLAVE', 'BINLOG MONITOR']) })),
      [],
    );
  });

  for (const [reason, found, mend] of [
    ['BinlogOff', settings({}, { log_bin: 'OFF' }), 'Take skip-log-bin out of my.cnf'],
    [
      'BinlogOff',
      settings({ flavor: 'MariaDB' }, { log_bin: 'OFF' }),
      'Put "log_bin" under [mysqld] in my.cnf',
    ],
    ['BinlogFormat', settings({}, { binlog_format: 'MIXED' }), `SET PERSIST binlog_format = 'ROW';`],
    [
      'BinlogFormat',
      settings({ flavor: 'MariaDB' }, { binlog_format: 'STATEMENT' }),
      `SET GLOBAL binlog_format = 'ROW'; and put "binlog_format = ROW" under [mysqld] in my.cnf`,
    ],
    [
      'BinlogRowImage',
      settings({}, { binlog_row_image: 'NOBLOB' }),
      `SET PERSIST binlog_row_image = 'FULL';`,
    ],
    [
      'BinlogRowOptions',
      settings({}, { binlog_row_value_options: 'PARTIAL_JSON' }),
      `SET PERSIST binlog_row_value_options = '';`,
    ],
    ['ServerIdZero', settings({}, { server_id: '0' }), 'SET PERSIST server_id = 1;'],
    [
      'ReplicaUpdatesNotLogged',
      settings({ isReplica: true }, { log_replica_updates: 'OFF' }),
      'Put "log_replica_updates = ON"',
    ],
    ['BinlogFiltered', settings({ ignoreDatabases: ['registry'] }), 'binlog_ignore_db'],
    ['BinlogFiltered', settings({ doDatabases: ['other'] }), 'binlog_do_db'],
    [
      'GrantMissing',
      settings({ privileges: new Set(['SELECT']) }),
      `GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'o''neil'@'10.%';`,
    ],
    [
      'GrantMissing',
      settings({ flavor: 'MariaDB', privileges: new Set(['REPLICATION SLAVE']) }),
      `GRANT BINLOG MONITOR ON *.* TO 'o''neil'@'10.%';`,
    ],
  ] as const) {
    it(`names ${reason} on ${found.flavor} with the mend: ${mend}`, () => {
      const [only = '', ...more] = told(found);
      assert.deepEqual(more, []);
      assert.ok(only.startsWith(`${reason}: `) && only.includes(mend), only);
    });
  }

  it('has the statement alone where one mends it, as it is in the message', () => {
    const mends = (found: BinlogSettings) =>
      binlogProblems(found, 'registry').map(({ message, mend }) => {
        assert.ok(mend === undefined || message.includes(mend), message);
        return mend;
      });
    const wrong = { binlog_row_image: 'MINIMAL', server_id: '0' };
    assert.deepEqual(mends(settings({}, wrong)), [
      `SET PERSIST binlog_row_image = 'FULL';`,
      'SET PERSIST server_id = 1;',
    ]);
    assert.deepEqual(mends(settings({ flavor: 'MariaDB', privileges: new Set() }, wrong)), [
      `SET GLOBAL binlog_row_image = 'FULL';`,
      'SET GLOBAL server_id = 1;',
      `GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO 'o''neil'@'10.%';`,
    ]);
    assert.deepEqual(mends(settings({}, { log_bin: 'OFF' })), [undefined]);
  });

  it('names all that is wrong at once, in one error', () => {
    const found = binlogProblems(
      settings({ privileges: new Set() }, { log_bin: 'OFF', binlog_format: 'MIXED' }),
      'registry',
    );
    assert.deepEqual(
      found.map(({ reason }) => reason),
      ['BinlogOff', 'BinlogFormat', 'GrantMissing'],
    );
    const error = problemsError(found);
    assert.equal(error.reason, 'BinlogOff');
    for (const { message } of found) assert.ok(error.message.includes(message));
  });

  it('reads the privileges on everything out of what SHOW GRANTS says', () => {
    const grants = [
      "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD 'x'",
      'GRANT SELECT, INSERT ON `registry`.* TO `a`@`%`',
      'GRANT `role`@`%` TO `a`@`%`',
    ];
    assert.deepEqual(
      [...globalPrivileges(grants)].filter((each) => each !== ''),
      ['REPLICATION SLAVE', 'BINLOG MONITOR'],
    );
  });
});
