import type { Guard } from './guard.ts';

/** A bad row, or a bad resource, harms only itself. */
export const rule7: readonly Guard[] = [
  {
    rule: '7',
    without: 'keeping xDS resources as they were where content cannot be encoded',
    file: 'src/xds/world/view-cache.ts',
    find: 'this.#onFault(key, error);',
    replace: 'throw error;',
    test: {
      file: 'test/unit/xds/world/xds-world.test.ts',
      title:
        'the xDS world keeps what it had of a GrpcService that cannot be encoded, tells of it once, and serves the others',
    },
  },
  {
    rule: '7',
    without: 'xDS being ready though one GrpcService cannot be decided',
    file: 'src/xds/publication/xds-publisher.ts',
    find: 'this.#decided(key);\n      throw error;',
    replace: 'throw error;',
    test: {
      file: 'test/unit/xds/publication/xds-publisher.test.ts',
      title:
        'publishing over xDS is ready though one GrpcService cannot be decided, and tries that one again (safety rule 7)',
    },
  },
  {
    rule: '7',
    without: 'judging each row alone',
    file: 'src/registry/service-state.ts',
    find: 'else rejectedRows.push(row.rejected);',
    replace: 'else throw new Error(row.rejected.message);',
    test: {
      file: 'test/unit/registry/store.test.ts',
      title: 'the store knows rejected rows by their hash too, and counts them',
    },
  },
  {
    rule: '7',
    without: 'the neighbours of an address that is not allowed',
    file: 'src/desired/candidates.ts',
    find: 'notAllowed.push(rejection(instance, allowedCIDRs));\n      continue;',
    replace: 'notAllowed.push(rejection(instance, allowedCIDRs));\n      break;',
    test: {
      file: 'test/unit/desired/desired-endpoints.test.ts',
      title:
        'rows that are wrong outside allowedCIDRs: rejected, named, and without harm to their neighbours',
    },
  },
  {
    rule: '7',
    without: 'trying every write though one fails',
    file: 'src/controller/publisher.ts',
    find: 'faults.push(error);',
    replace: 'throw error;',
    test: {
      file: 'test/unit/controller/publisher.test.ts',
      title:
        'Publisher tries every write of a phase although one fails: a poisoned slice harms only itself (safety rule 7)',
    },
  },
  {
    rule: '7',
    without: 'a delay before what failed is tried again',
    file: 'src/controller/work-queue.ts',
    find: 'this.addAfter(key, Math.max(ownMs, atLeastMs, this.#overall.reserveMs()), urgency);',
    replace: 'void ownMs; void atLeastMs; this.add(key, urgency);',
    test: {
      file: 'test/e2e/api-faults.test.ts',
      title:
        'a poisoned GrpcService (safety rule 7) whose writes are forbidden does not slow the others either',
    },
  },
];
