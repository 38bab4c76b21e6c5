import type { Guard } from './guard.ts';

const CONTINUITY = 'src/registry/continuity.ts';
const SYNCER = 'src/registry/syncer.ts';
const READER = 'src/mysql/mysql-registry-reader.ts';
const STATES = 'src/mysql/server-states.ts';
const POOL = 'src/mysql/pool.ts';
const session = (title: string): Guard['test'] => ({
  file: 'test/unit/registry/session.test.ts',
  title: `a registry session when another server answers (safety rule 8) ${title}`,
});
const noticed = (how: string): Guard['test'] =>
  session(`notices it ${how}: reads everything, and expires nobody for one TTL`);
const identity = (title: string, flavor = 'mariadb'): Guard['test'] => ({
  file: 'test/integration/registry/identity.test.ts',
  title: `who answers, on ${flavor} ${title}`,
});
const REPLACED =
  'is another registry when the tables were replaced, and is not believed before somebody has looked';
const LAGS =
  'with servers of its own is not believed, not even for a second read, while it is a read-only replica too far behind';

/** Another server answering at the same address is noticed. */
export const rule8: readonly Guard[] = [
  {
    rule: '8',
    without: 'comparing who answers',
    file: CONTINUITY,
    find: "if (state.serverId !== known.serverId) return 'ServerChanged';",
    replace: '',
    test: noticed('by its identity'),
  },
  {
    rule: '8',
    without: 'comparing executed transactions',
    file: CONTINUITY,
    find: "if (state.gtidsWentBack) return 'TransactionsWentBack';",
    replace: '',
    test: noticed('by transactions that are missing'),
  },
  {
    rule: '8',
    without: "MariaDB's executed transactions",
    file: 'src/mysql/gtid.ts',
    find: '(has.get(domain) ?? -1) < sequence',
    replace: '(has.get(domain) ?? sequence) < sequence',
    test: identity('with servers of its own lacks transactions that it had when its history was set back'),
  },
  {
    rule: '8',
    without: 'a lower number of a domain of MariaDB',
    file: 'src/mysql/gtid.ts',
    find: '(has.get(domain) ?? -1) < sequence',
    replace: '!has.has(domain)',
    test: {
      file: 'test/unit/mysql/gtid.test.ts',
      title: 'the position of a MariaDB server went back when a number is lower',
    },
  },
  {
    rule: '8',
    without: "MySQL's executed transactions",
    file: STATES,
    find: 'gtidsWentBack: Number(row[3]) === 0',
    replace: 'gtidsWentBack: Number(row[3]) < 0',
    test: identity(
      'with servers of its own lacks transactions that it had when its history was set back',
      'mysql',
    ),
  },
  {
    rule: '8',
    without: 'a look at the start of the process',
    file: CONTINUITY,
    find: "if (state.startedAtUs - known.startedAtUs > START_TOLERANCE_US) return 'ServerRestarted';",
    replace: '',
    test: noticed('by a start of its process'),
  },
  {
    rule: '8',
    without: 'a look at its clock',
    file: CONTINUITY,
    find: "if (seen.clockJumped) return 'ClockJumped';",
    replace: '',
    test: noticed('by a clock that went back'),
  },
  {
    rule: '8',
    without: 'keeping the expiry watch from judging by a clock that was set ahead',
    file: SYNCER,
    find: 'if (this.databaseClock.hasJumpedAhead(nowUs)) {',
    replace: 'if (this.databaseClock.hasJumpedAhead(nowUs) && nowUs < 0) {',
    test: noticed('by a clock that went ahead'),
  },
  {
    rule: '8',
    without: 'reading everything then',
    file: SYNCER,
    find: 'this.#resyncs.demand(broken);',
    replace: '',
    test: noticed('by transactions that are missing'),
  },
  {
    rule: '8',
    without: 'giving up what was read beside the look',
    file: SYNCER,
    find: 'if (!fulfilled(look).carriesOn) return;',
    replace: 'fulfilled(look);',
    test: session('believes nothing that was read beside the look that notices it'),
  },
  {
    rule: '8',
    without: 'a grace for expiry then',
    file: SYNCER,
    find: 'store.setGrace(broken.grace, this.databaseClock.nowUs());',
    replace: '',
    test: noticed('by its identity'),
  },
  {
    rule: '8',
    without: 'old beats of the other server counting as lost ones',
    file: 'src/registry/service-state.ts',
    find: 'return expiredAtUs === null ? null : Math.max(expiredAtUs, liveness.graceSinceUs);',
    replace: 'return expiredAtUs;',
    test: noticed('by its identity'),
  },
  {
    rule: '8',
    without: 'judging nothing before everything was read',
    file: SYNCER,
    find: 'this.gate.close();\n    this.#resyncs.demand(broken);',
    replace: 'this.#resyncs.demand(broken);',
    test: session('judges no lease between the first sight of it and the end of the read'),
  },
  {
    rule: '8',
    without: 'the epoch of the tables',
    file: POOL,
    find: "epoch === '' ? identity.serverId : `${identity.serverId}/${epoch}`",
    replace: "epoch === '' ? identity.serverId : identity.serverId",
    test: identity(REPLACED),
  },
  {
    rule: '8',
    without: 'refusing reads until somebody has looked at who answers',
    file: READER,
    find: 'this.#states.checkBelieved(session);',
    replace: '',
    test: identity(REPLACED),
  },
  {
    rule: '8',
    without: 'giving up the connections to the server before',
    file: POOL,
    find: 'session.identity.serverId === this.#serverId &&',
    replace: '',
    test: identity(
      'is the same on all connections: when one leads to another registry, the others are given up',
    ),
  },
  {
    rule: '8',
    without: 'a limit to how far a replica may be behind',
    file: STATES,
    find: 'if (lagMs !== null && lagMs > this.#maxReplicaLagMs)',
    replace: 'if (lagMs !== null && lagMs < 0)',
    test: identity(LAGS),
  },
  {
    rule: '8',
    without: 'looking at read_only',
    file: STATES,
    find: 'const replicaLagMs = isReadOnly ?',
    replace: 'const replicaLagMs = isReadOnly && nowUs < 0 ?',
    test: identity(LAGS),
  },
  {
    rule: '8',
    without: 'looking at the replica once more for a second read',
    file: READER,
    find: 'if (isOther) await this.#states.checkReadable(session, signal);',
    replace: '',
    test: identity(LAGS),
  },
  {
    rule: '8',
    without: 'disbelieving a replica whose replication stands still',
    file: 'src/mysql/replica.ts',
    find: 'if (stopped >= 0) throw',
    replace: 'if (stopped >= 1000) throw',
    test: {
      file: 'test/integration/registry/faults.test.ts',
      title: 'a database that fails, on mariadb as a replica that lags too far counts as not read',
    },
  },
];
