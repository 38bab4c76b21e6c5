import type { Guard } from './guard.ts';

const DECISION = 'src/controller/publish-decision.ts';
const DECISION_TEST = 'test/unit/controller/publish-decision.test.ts';
const SYNCER = 'src/registry/syncer.ts';
const SESSION_TEST = 'test/unit/registry/session.test.ts';
const session = (title: string): Guard['test'] => ({
  file: SESSION_TEST,
  title: `a registry session that cannot be read (safety rule 1) ${title}`,
});

const RESTORED =
  'decide of a slice that others deleted while nothing newer can be read (safety rules 1 and 6)';

const XDS_DECISION = 'src/xds/publication/xds-decision.ts';
const xdsDecision = (title: string): Guard['test'] => ({
  file: 'test/unit/xds/publication/xds-decision.test.ts',
  title: `what clients on xds:/// are told of a GrpcService ${title}`,
});
const XDS_PUBLISHER = 'src/xds/publication/xds-publisher.ts';
const xdsPublisher = (title: string): Guard['test'] => ({
  file: 'test/unit/xds/publication/xds-publisher.test.ts',
  title: `publishing over xDS ${title}`,
});

/** "Could not read", "read nothing" and "is empty" are three things. */
export const rule1: readonly Guard[] = [
  {
    rule: '1',
    without: 'telling xDS clients nothing new while nothing was read',
    file: XDS_DECISION,
    find: "if (snapshot === undefined) return keep('NotRead');",
    replace: "if (snapshot === undefined) return { action: 'publish', endpoints: [], nextChangeUs: null };",
    test: xdsDecision(
      'stays as it is while it is paused, has no registry, or the registry was not read (safety rule 1)',
    ),
  },
  {
    rule: '1',
    without: 'telling xDS clients what the slices hold where nothing was read',
    file: XDS_PUBLISHER,
    find: 'endpoints: known ?? this.#publishedLast(grpcService)',
    replace: 'endpoints: known ?? []',
    test: xdsPublisher(
      'serves what the slices hold when the registry cannot be read at its start (safety rule 1)',
    ),
  },
  {
    rule: '1',
    without: 'telling unknown endpoints from none over xDS',
    file: XDS_PUBLISHER,
    find: 'return slices.length === 0 ? null : publishedFromSlices(slices);',
    replace: 'return publishedFromSlices(slices);',
    test: xdsPublisher('knows no endpoints, instead of none, where there are no slices either'),
  },
  {
    rule: '1',
    without: 'refusing xDS streams before everything was decided',
    file: XDS_PUBLISHER,
    find: 'if (this.#undecided.size === 0) world.setReady();\n    try',
    replace: 'world.setReady();\n    try',
    test: xdsPublisher(
      'is ready at once where there is nothing, and otherwise when each GrpcService was decided',
    ),
  },
  {
    rule: '1',
    without: 'making again what others deleted while nothing can be read',
    file: DECISION,
    find: 'writes: restoration(observation, dns, plan),',
    replace: 'writes: null,',
    test: { file: DECISION_TEST, title: `${RESTORED} makes it again as it was, and changes nothing else` },
  },
  {
    rule: '1',
    without: 'remembering it as it was',
    file: 'src/controller/stray-slices.ts',
    find: 'else names.set(name, { slice, goneMs: this.#options.clock.now() });',
    replace: 'else names.delete(name);',
    test: {
      file: 'test/unit/controller/stray-slices.test.ts',
      title:
        'slices of ours that the cache does not have remembers one that others deleted as it was, for a minute or until it is there again',
    },
  },
  {
    rule: '1',
    without: 'holding what is published while nothing was read',
    file: DECISION,
    find: 'const { publish, lookup, snapshot } = observation;\n  const desired =',
    replace:
      "const { publish, lookup, snapshot = { service: '', instances: [], rejected: [], asOfUs: 0, revision: 0, changedAtUs: 0, confirmed: true, grace: null } } = observation;\n  const desired =",
    test: {
      file: DECISION_TEST,
      title:
        'decide writes nothing for a registry that was not read since this process started (safety rule 1), and says why',
    },
  },
  {
    rule: '1',
    without: 'holding what is published while no registry may be used',
    file: DECISION,
    find: 'return lookup.ok ? null : {',
    replace: 'return lookup.ok || publish.dns.enabled ? null : {',
    test: {
      file: DECISION_TEST,
      title:
        'decide writes nothing for a GrpcService without a registry, however much is published, and says why',
    },
  },
  {
    rule: '1',
    without: 'telling "was not read" from "is empty"',
    file: 'src/registry/store.ts',
    find: 'return this.#firstReadUs === null\n      ? undefined\n      : emptyState(service, this.#firstReadUs, this.#grace).snapshot;',
    replace: 'return emptyState(service, this.#firstReadUs ?? 0, this.#grace).snapshot;',
    test: session('has nothing rather than emptiness before its first read'),
  },
  {
    rule: '1',
    without: 'taking a read that breaks off for no read',
    file: SYNCER,
    find: '}, signal);\n    const read: ServiceRead',
    replace: '}, signal).catch(() => ({ nowUs: this.databaseClock.nowUs() }));\n    const read: ServiceRead',
    test: session('takes a read that breaks off in its middle for no read'),
  },
  {
    rule: '1',
    without: 'taking a failed read of one service for no read',
    file: SYNCER,
    find: "reader.readServices(services, { connection: 'any', held: store }, signal),",
    replace:
      "reader.readServices(services, { connection: 'any', held: store }, signal).catch(() => ({ nowUs: this.databaseClock.nowUs(), rows: [] })),",
    test: session('takes a failed read of a hinted service for no read'),
  },
  {
    rule: '1',
    without: 'a clock that stands still meanwhile',
    file: SYNCER,
    find: 'this.databaseClock.freeze();',
    replace: '',
    test: session('lets the clock that expiry and protection are judged by stand still'),
  },
  {
    rule: '1',
    without: 'closing the gate before the expiry watch',
    file: SYNCER,
    find: 'this.gate.close();\n    this.#confirmations.forgetDrastic();',
    replace: 'this.#confirmations.forgetDrastic();',
    test: session('lets no lease run out, even if other connections still answer'),
  },
  {
    rule: '1',
    without: 'keeping what was read when the connection to a registry is opened anew',
    file: 'src/registry/session.ts',
    find: 'options.store ?? new RegistryStore()',
    replace: 'new RegistryStore()',
    test: session('carries on from what an earlier session of the same registry had read'),
  },
  {
    rule: '1',
    without: 'saying that the registry cannot be read',
    file: 'src/registry/registry-health.ts',
    find: 'this.#set({ available: false, ...fault });',
    replace: '',
    test: session('keeps what it has, says so, and tells nobody of a change'),
  },
  {
    rule: '1',
    without: 'the condition RegistryAvailable',
    file: 'src/controller/grpcservice-verdicts.ts',
    find: "reason === 'NeverRead' ? 'Unknown' : 'False'",
    replace: "reason === 'NeverRead' ? 'Unknown' : 'True'",
    test: {
      file: 'test/unit/controller/grpcservice-status.test.ts',
      title:
        'grpcServiceStatus RegistryAvailable is False Unreachable for a registry that fails after it was read',
    },
  },
];
