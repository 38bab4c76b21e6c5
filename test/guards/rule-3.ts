import type { Guard } from './guard.ts';

const PROTECTION = 'src/desired/protection.ts';
const CANDIDATES = 'src/desired/candidates.ts';
const DESIRED = 'src/desired/desired-endpoints.ts';
const CONTINUITY = 'src/registry/continuity.ts';
const LIVENESS = 'src/registry/liveness.ts';
const desired = (title: string): Guard['test'] => ({
  file: 'test/unit/desired/desired-endpoints.test.ts',
  title,
});
const session = (title: string): Guard['test'] => ({
  file: 'test/unit/registry/session.test.ts',
  title: `a registry session with leases (safety rule 3) ${title}`,
});
const liveness = (title: string): Guard['test'] => ({
  file: 'test/unit/registry/liveness.test.ts',
  title: `whether an instance counts as expired ${title}`,
});

/** Expiry cannot take a service below its share, and waits where beats could not be stored. */
export const rule3: readonly Guard[] = [
  {
    rule: '3',
    without: 'the floor',
    file: PROTECTION,
    find: 'if (alive >= floor) return null;',
    replace: 'if (alive >= 0) return null;',
    test: desired('protection holds the most recently alive up to the floor, rounded down'),
  },
  {
    rule: '3',
    without: 'a floor for what DNS carries',
    file: PROTECTION,
    find: "if (dns.length < up.length) parts.push({ of: 'DNS', members: dns });",
    replace: '',
    test: desired('protection keeps the share of what DNS carries, however many live on other ports'),
  },
  {
    rule: '3',
    without: 'a floor for each address family',
    file: PROTECTION,
    find: 'return families.length > 1 ? [...parts, ...families] : parts;',
    replace: 'return parts;',
    test: desired('protection keeps the share of each address family: a host may have only the one'),
  },
  {
    rule: '3',
    without: 'a floor for all instances together',
    file: PROTECTION,
    find: "const parts: Part[] = [{ of: 'All', members: up }];",
    replace: 'const parts: Part[] = [];',
    test: desired(
      'protection keeps the share of the whole where each part by itself would round down to none',
    ),
  },
  {
    rule: '3',
    without: 'rounding it down',
    file: PROTECTION,
    find: 'Math.floor((base * protection.minAvailablePercent) / 100)',
    replace: 'Math.ceil((base * protection.minAvailablePercent) / 100)',
    test: desired('protection lets the only instance of a service go: half of one, rounded down, is none'),
  },
  {
    rule: '3',
    without: 'leaving DRAINING rows out of the base',
    file: PROTECTION,
    find: "candidates.filter(({ instance }) => instance.status === 'UP')",
    replace: "candidates.filter(({ instance }) => instance.status !== 'DOWN')",
    test: desired('protection neither counts DRAINING rows to the base nor holds them'),
  },
  {
    rule: '3',
    without: 'leaving the forgotten out of the base',
    file: PROTECTION,
    find: 'return nowUs < expiredAtUs + protection.forgetAfterMs * 1000;',
    replace: 'return nowUs > 0;',
    test: desired('protection forgets after forgetAfter: the forgotten leave the base, too'),
  },
  {
    rule: '3',
    without: 'looking again when the first of them is to be forgotten',
    file: PROTECTION,
    find: 'nextChangeUs: forgottenAtUs(holdable.at(-1), protection),',
    replace: 'nextChangeUs: Infinity,',
    test: desired(
      'when time alone changes the result when the first of the base is forgotten, while something is held',
    ),
  },
  {
    rule: '3',
    without: 'holding the most recently alive first',
    file: PROTECTION,
    find: '(b.expiredAtUs ?? 0) - (a.expiredAtUs ?? 0)',
    replace: '(a.expiredAtUs ?? 0) - (b.expiredAtUs ?? 0)',
    test: desired('protection holds the most recently alive up to the floor, rounded down'),
  },
  {
    rule: '3',
    without: 'letting held ones leave as others come alive',
    file: PROTECTION,
    find: 'holdable.slice(0, floor - alive)',
    replace: 'holdable.slice(0, floor)',
    test: desired('protection holds only what is missing to the floor'),
  },
  {
    rule: '3',
    without: 'letting those go whose address is alive elsewhere',
    file: CANDIDATES,
    find: 'const key = `${instance.address} ${instance.port}`;',
    replace: 'const key = instance.instanceId;',
    test: desired(
      'several rows with one address and port a held address never stands beside an alive one, and restarts do not swell the base',
    ),
  },
  {
    rule: '3',
    without: 'an alive row winning its address over an expired one',
    file: CANDIDATES,
    find: 'if (since > 0 || since < 0) return since > 0;',
    replace: 'if (since > 0 || since < 0) return since < 0;',
    test: desired(
      'several rows with one address and port an alive one wins over an expired, whichever is newer',
    ),
  },
  {
    rule: '3',
    without: 'releasing what is held',
    file: PROTECTION,
    find: 'if (protection.releaseHeldUs !== null && expiredAtUs < protection.releaseHeldUs) return false;',
    replace: '',
    test: desired(
      'protection lets those go that expired before the release, and nobody is held in their place',
    ),
  },
  {
    rule: '3',
    without: 'the annotation that releases it',
    file: 'src/desired/publish-spec.ts',
    find: 'release === undefined ? null : parseTimeUs(release)',
    replace: 'release === undefined ? null : null',
    test: {
      file: 'test/unit/desired/publish-spec.test.ts',
      title: 'what a GrpcService asks for is taken as it is written',
    },
  },
  {
    rule: '3',
    without: 'saying so in the condition Protected',
    file: PROTECTION,
    find: 'protectedBy: { held: held.size, shares: holdings.map(({ share }) => share) },',
    replace: 'protectedBy: null,',
    test: {
      file: 'test/unit/controller/grpcservice-status.test.ts',
      title: 'grpcServiceStatus Protected is True HoldingExpired for held by protection',
    },
  },
  {
    rule: '3',
    without: 'a grace for leases that ran out in an outage',
    file: LIVENESS,
    find: 'return nowUs < until ? null :',
    replace: 'return nowUs < 0 ? null :',
    test: liveness('not before one TTL after beats could be stored again, when the lease ran out in between'),
  },
  {
    rule: '3',
    without: 'one TTL of the row: its own',
    file: LIVENESS,
    find: '(instance.ttlMs ?? UNKNOWN_TTL_MS) * 1000',
    replace: 'UNKNOWN_TTL_MS * 1000',
    test: session(
      'waits one TTL after a time in which nobody could beat, and then expires those who still do not',
    ),
  },
  {
    rule: '3',
    without: 'leaving out of the grace who was dead before',
    file: LIVENESS,
    find: 'instance.expiredAtUs < grace.sinceUs',
    replace: 'instance.expiredAtUs < 0',
    test: session('does not bring back in an outage who was dead before it'),
  },
  {
    rule: '3',
    without:
      'holding the outage against nobody: forgetAfter and the order of holding count from the end of the grace',
    file: LIVENESS,
    find: 'Math.max(until, instance.expiredAtUs);',
    replace: 'instance.expiredAtUs;',
    test: desired('a time in which beats could not be stored is followed by expiry and protection as usual'),
  },
  {
    rule: '3',
    without: 'looking again when a grace ends',
    file: DESIRED,
    find: 'return expiredAtUs === null ? graceUntil(instance, grace) : null;',
    replace: 'return expiredAtUs === null && grace === null ? graceUntil(instance, grace) : null;',
    test: desired('when time alone changes the result when the first grace ends'),
  },
  {
    rule: '3',
    without: 'noticing that beats could not be stored: the database was away',
    file: CONTINUITY,
    find: "return seen.couldNotRead ? 'Reconnected' : null;",
    replace: 'return null;',
    test: session(
      'waits one TTL after a time in which nobody could beat, and then expires those who still do not',
    ),
  },
  {
    rule: '3',
    without: 'noticing that the database was started again',
    file: CONTINUITY,
    find: "if (state.startedAtUs - known.startedAtUs > START_TOLERANCE_US) return 'ServerRestarted';",
    replace: '',
    test: session('waits one TTL after a restart of the database that took no time at all'),
  },
  {
    rule: '3',
    without: 'a grace when the database has just started and nobody knows since when it was away',
    file: CONTINUITY,
    find: 'grace: { sinceUs: SINCE_UNKNOWN, fromUs: openUs }',
    replace: 'grace: { sinceUs: state.nowUs, fromUs: openUs }',
    test: session('waits one TTL when the database has just started, whenever the operator did'),
  },
  {
    rule: '3',
    without: 'a restart of the operator alone delaying nothing',
    file: CONTINUITY,
    find: 'grace: { sinceUs: SINCE_UNKNOWN, fromUs: openUs }',
    replace: 'grace: { sinceUs: SINCE_UNKNOWN, fromUs: Math.max(openUs, state.nowUs) }',
    test: session('is not delayed by a restart of the operator alone'),
  },
  {
    rule: '3',
    without: 'what a grace had said, when the next one begins',
    file: 'src/registry/grace.ts',
    find: 'return said === null ? later.sinceUs :',
    replace: 'return said === null ? instance.expiredAtUs :',
    test: {
      file: 'test/unit/registry/grace.test.ts',
      title:
        'one grace after another lets an instance live on that the earlier one kept alive when the later outage began',
    },
  },
  {
    rule: '3',
    without: "judging by the database's clock",
    file: 'src/registry/session.ts',
    find: ': databaseClock.nowUs();\n  }',
    replace: ': this.#options.clock.wallNow() * 1000;\n  }',
    test: session('judges by the clock of the database, however wrong the clock of its own machine is'),
  },
];
