import type { Guard } from './guard.ts';

const DECISION = 'src/controller/publish-decision.ts';
const CONFIRM = 'src/registry/confirm.ts';
const SYNCER = 'src/registry/syncer.ts';
const decision = (title: string): Guard['test'] => ({
  file: 'test/unit/controller/publish-decision.test.ts',
  title: `decide ${title}`,
});
const STATE = 'src/registry/service-state.ts';
const LOSES = 'src/controller/loses-much.ts';
const store = (title: string): Guard['test'] => ({
  file: 'test/unit/registry/store.test.ts',
  title: `the store ${title}`,
});
const loss = (title: string): Guard['test'] => ({
  file: 'test/unit/controller/loses-much.test.ts',
  title: `a loss that a second read confirms ${title}`,
});
const confirm = (title: string): Guard['test'] => ({
  file: 'test/unit/registry/confirm.test.ts',
  title: `a read that takes much away ${title}`,
});
const session = (title: string): Guard['test'] => ({
  file: 'test/unit/registry/session.test.ts',
  title: `a registry session whose read takes much away (safety rule 2) ${title}`,
});

/** What takes much away is confirmed by a second read, and then obeyed. */
export const rule2: readonly Guard[] = [
  {
    rule: '2',
    without: 'waiting for the second read before xDS clients lose much',
    file: 'src/xds/publication/xds-decision.ts',
    find: 'if (!snapshot.confirmed && takesMuch(',
    replace: 'if (false && takesMuch(',
    test: {
      file: 'test/unit/xds/publication/xds-decision.test.ts',
      title:
        'what clients on xds:/// are told of a GrpcService loses much only after a second read (safety rule 2)',
    },
  },
  {
    rule: '2',
    without: 'comparing with the slices before xDS clients were told anything',
    file: 'src/xds/publication/xds-decision.ts',
    find: 'if (published === null) return losesMuch(slices, { base }, publish);',
    replace: 'if (published === null) return false;',
    test: {
      file: 'test/unit/xds/publication/xds-decision.test.ts',
      title:
        'what clients on xds:/// are told of a GrpcService is compared with the slices by a replica that has told nothing yet',
    },
  },
  {
    rule: '2',
    without: 'asking for the second read',
    file: 'src/xds/publication/xds-publisher.ts',
    find: "if (decision.action === 'keep' && decision.why === 'Confirming') view?.confirm(publish.service);",
    replace: '',
    test: {
      file: 'test/unit/xds/publication/xds-publisher.test.ts',
      title:
        'publishing over xDS keeps everything while a loss is not confirmed, and has it confirmed (safety rule 2)',
    },
  },
  {
    rule: '2',
    without: 'the second read of what a new process sees gone',
    file: DECISION,
    find: 'return !snapshot.confirmed && losesMuch(',
    replace: 'return false && losesMuch(',
    test: decision(
      'writes nothing for a first read that empties what is published (safety rule 2), and says why',
    ),
  },
  {
    rule: '2',
    without: 'asking for that second read',
    file: DECISION,
    find: 'held: CONFIRMING, confirm: true',
    replace: 'held: CONFIRMING, confirm: false',
    test: decision(
      'writes nothing for a first read that takes half of what is published, two at least (safety rule 2), and says why',
    ),
  },
  {
    rule: '2',
    without: 'obeying what was confirmed',
    file: DECISION,
    find: 'return !snapshot.confirmed && losesMuch(',
    replace: 'return losesMuch(',
    test: decision('obeys a removal that was confirmed'),
  },
  {
    rule: '2',
    without:
      'looking at what a GrpcService publishes: a read that is harmless to the whole service is confirmed',
    file: STATE,
    find: 'read.confirms || (!loses && (snapshot.confirmed || isLater))',
    replace: 'read.confirms || snapshot.confirmed || isLater',
    test: store('has a loss confirmed only by the second read that was asked for, whatever others show'),
  },
  {
    rule: '2',
    without: 'holding a loss until the read that was asked for: any later one confirms it',
    file: STATE,
    find: 'firstReadUs: loses ? Infinity : before.firstReadUs',
    replace: 'firstReadUs: before.firstReadUs',
    test: store('has a loss confirmed only by the second read that was asked for, whatever others show'),
  },
  {
    rule: '2',
    without: 'taking a row that says something else for lost: a selector may not know it any more',
    file: STATE,
    find: 'this.changedRows = true;',
    replace: '',
    test: store('takes a row that says something else for a loss: a selector may not find it any more'),
  },
  {
    rule: '2',
    without: 'looking at what DNS carries only',
    file: LOSES,
    find: 'base.filter((row) => dnsCarries(publish, row))',
    replace: 'base',
    test: loss('is one of all that DNS carries, whoever lives on other ports'),
  },
  {
    rule: '2',
    without: 'looking at each address family',
    file: LOSES,
    find: "[['IPv4', 'IPv6'], ['IPv4'], ['IPv6']]",
    replace: "[['IPv4', 'IPv6']]",
    test: loss('is one of all addresses of a family, whoever lives in the other'),
  },
  {
    rule: '2',
    without: 'a second that has to lie between a first read and one that confirms it',
    file: STATE,
    find: 'const CONFIRM_AFTER_US = 1_000_000;',
    replace: 'const CONFIRM_AFTER_US = 0;',
    test: store('confirms a snapshot by a second read, or by any read a second later'),
  },
  {
    rule: '2',
    without: 'confirmation of a read that takes much away',
    file: 'src/registry/read-applier.ts',
    find: 'before !== undefined && !read.confirms && isDrastic(',
    replace: 'before !== undefined && read.confirms && isDrastic(',
    test: session('never shows what the second read does not show'),
  },
  {
    rule: '2',
    without: 'obeying what stays gone',
    file: 'src/registry/read-applier.ts',
    find: 'before !== undefined && !read.confirms && isDrastic(',
    replace: 'before !== undefined && isDrastic(',
    test: session('keeps it until a second read, a second later and on another connection, shows the same'),
  },
  {
    rule: '2',
    without: 'a second that has to pass before the second read',
    file: 'src/registry/confirmations.ts',
    find: 'export const CONFIRM_AFTER_MS = 1000;',
    replace: 'export const CONFIRM_AFTER_MS = 500;',
    test: session('keeps it until a second read, a second later and on another connection, shows the same'),
  },
  {
    rule: '2',
    without: 'asking for another connection',
    file: SYNCER,
    find: "await reader.readServices(services, { connection: 'other' }, signal);",
    replace: "await reader.readServices(services, { connection: 'any' }, signal);",
    test: session('keeps it until a second read, a second later and on another connection, shows the same'),
  },
  {
    rule: '2',
    without: 'another connection',
    file: 'src/mysql/mysql-registry-reader.ts',
    find: 'avoid: isOther ? this.#readersOf(services) : new Set()',
    replace: 'avoid: new Set()',
    test: {
      file: 'test/integration/registry/identity.test.ts',
      title: 'who answers, on mariadb is asked for a second read on another connection than the first',
    },
  },
  {
    rule: '2',
    without: 'starting over after an outage',
    file: SYNCER,
    find: 'this.#confirmations.forgetDrastic();',
    replace: '',
    test: session('starts over when an outage lies between the two reads'),
  },
  {
    rule: '2',
    without: 'confirming what empties a service',
    file: CONFIRM,
    find: '(lost === had.size && left.size === 0) ||',
    replace: '',
    test: confirm('needs confirmation when the only row goes'),
  },
  {
    rule: '2',
    without: 'confirming the loss of all that is alive, where dead rows stay',
    file: CONFIRM,
    find: ' || takesMuch(hadAlive, has, stillAlive)',
    replace: '',
    test: confirm('needs confirmation when the only one alive goes, and others died long ago'),
  },
  {
    rule: '2',
    without: '"half of it or more"',
    file: CONFIRM,
    find: 'lost * 2 >= had.size',
    replace: 'lost * 2 > had.size',
    test: confirm('needs confirmation when two of four go'),
  },
  {
    rule: '2',
    without: '"half of it"',
    file: CONFIRM,
    find: 'lost * 2 >= had.size',
    replace: 'lost * 3 >= had.size',
    test: confirm('needs no confirmation when two of five go'),
  },
  {
    rule: '2',
    without: '"and at least two"',
    file: CONFIRM,
    find: 'lost >= 2 &&',
    replace: '',
    test: confirm('needs no confirmation when one of two goes'),
  },
  {
    rule: '2',
    without: 'counting what clients would lose: rows that are DOWN are lost',
    file: CONFIRM,
    find: "instance.status !== 'DOWN' && instance.weight > 0",
    replace: 'instance.weight > 0',
    test: confirm('needs confirmation when the only row becomes DOWN'),
  },
];
