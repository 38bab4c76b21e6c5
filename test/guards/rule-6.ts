import type { Guard } from './guard.ts';

const CLIENT = 'src/kube/resource-client.ts';
const CONNECTIONS = 'src/kube/connections.ts';
const onServer = (title: string): Guard['test'] => ({
  file: 'test/integration/kube/transport.test.ts',
  title: `Transport on a real API server ${title}`,
});
const elector = (title: string): Guard['test'] => ({
  file: 'test/unit/kube/lease-elector.test.ts',
  title: `LeaseElector ${title}`,
});

/** Only the leader writes, and a write that arrives late fails. */
export const rule6: readonly Guard[] = [
  {
    rule: '6',
    without: 'asking the last read too before an address comes back with a slice that was deleted',
    file: 'src/slices/restored-slices.ts',
    find: 'addresses.every((address) => wanted.has(address))',
    replace: 'addresses.length > 0',
    test: {
      file: 'test/unit/controller/publish-decision.test.ts',
      title:
        'decide of a slice that others deleted while nothing newer can be read (safety rules 1 and 6) brings back no address that the last read did not ask for, or that another slice has',
    },
  },
  {
    rule: '6',
    without: 'a gate before every write',
    file: 'src/app/kube-parts.ts',
    find: 'const guarded = { gate, limited: true };',
    replace: 'const guarded = { limited: true };',
    test: {
      file: 'test/integration/kube/gate.test.ts',
      title: 'the clients of the operator write nothing while this replica does not lead (safety rule 6)',
    },
  },
  {
    rule: '6',
    without: 'asking the gate in the moment of the write',
    file: CONNECTIONS,
    find: 'if (remainingMs <= 0) {\n      controller.abort(closedGate());\n      return;\n    }\n    this.#deadline.whenClosed(this.#gate.enter((reason) => this.#deadline.abort(reason)));\n    this.#deadline.endIn(remainingMs, closedGate);',
    replace: '',
    test: onServer(
      'with a write gate asks in the moment the bytes would go out, not when the write was asked for',
    ),
  },
  {
    rule: '6',
    without: 'the end of writes under way when the lease is lost',
    file: CONNECTIONS,
    find: 'this.#deadline.whenClosed(this.#gate.enter((reason) => this.#deadline.abort(reason)));',
    replace: '',
    test: onServer('with a write gate aborts the writes under way when the lease is lost'),
  },
  {
    rule: '6',
    without: 'the renew deadline',
    file: 'src/kube/lease-elector.ts',
    find: 'return Math.max(0, this.#leadsUntilMs - this.#options.clock.now());',
    replace: 'return this.#leadsUntilMs > 0 ? 1000 : 0;',
    test: elector('stops being leader by arithmetic alone when the process was frozen'),
  },
  {
    rule: '6',
    without: 'resourceVersion in updates',
    file: CLIENT,
    find: "return await this.#write('PUT', path, this.#typed(object), signal);",
    replace:
      "return await this.#write('PUT', path, { ...this.#typed(object), metadata: { ...object.metadata, resourceVersion: undefined } }, signal);",
    test: onServer('creates, reads, updates and deletes, each guarded by version'),
  },
  {
    rule: '6',
    without: 'resourceVersion in deletes',
    file: CLIENT,
    find: 'preconditions: { uid, resourceVersion },',
    replace: 'preconditions: { uid },',
    test: onServer('creates, reads, updates and deletes, each guarded by version'),
  },
  {
    rule: '6',
    without: 'uid in deletes',
    file: CLIENT,
    find: 'preconditions: { uid, resourceVersion },',
    replace: 'preconditions: { resourceVersion },',
    test: onServer('creates, reads, updates and deletes, each guarded by version'),
  },
  {
    rule: '6',
    without: 'the same names on every replica',
    file: 'src/slices/slice-names.ts',
    find: "createHash('sha256').update(uid)",
    replace: "createHash('sha256').update(uid + Math.random())",
    test: {
      file: 'test/unit/slices/plan-slices.test.ts',
      title: 'a slice that is written has another name for another owner, and the same on every replica',
    },
  },
  {
    rule: '6',
    without: 'a look at everything on gaining the lease',
    file: 'src/controller/grpcservice-controller.ts',
    find: "for (const grpcService of caches.grpcServices.values()) queue.add(objectKey(grpcService), 'later');",
    replace: '',
    test: {
      file: 'test/unit/controller/grpcservice-controller.test.ts',
      title: 'GrpcServiceController looks at everything when it begins to lead, every time (safety rule 6)',
    },
  },
  {
    rule: '6',
    without: 'a read of the registry on gaining the lease',
    file: 'src/controller/publish-decision.ts',
    find: 'return slices.length > 0 && !current;',
    replace: 'return false;',
    test: {
      file: 'test/unit/controller/publish-decision.test.ts',
      title:
        'decide writes nothing for a read older than its leadership that would change what is published (safety rule 6), and says why',
    },
  },
];
