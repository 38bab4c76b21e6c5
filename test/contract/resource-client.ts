import assert from 'node:assert/strict';
import { KubeApiError, type ObjectVersion, type ResourceClient } from '../../src/controller/kube-ports.ts';
import type { GrpcService } from '../../src/model/grpcservice.ts';
import type { EndpointSlice, KubeObject, ObjectMeta } from '../../src/model/kube-objects.ts';

/** The port, with the verb that the event recorder has besides. */
export type PatchingClient<T extends KubeObject> = ResourceClient<T> & {
  mergePatch(namespace: string, name: string, patch: object, signal: AbortSignal): Promise<T>;
};

/** An API server for the contract suite; two namespaces of it are empty, and no other test's. */
export interface ClientBench {
  readonly namespace: string;
  readonly otherNamespace: string;
  /** A kind without a status. */
  readonly slices: PatchingClient<EndpointSlice>;
  /** A kind with the subresource status. */
  readonly grpcServices: ResourceClient<GrpcService>;
  readonly close: () => Promise<void>;
}

const LABEL = 'rollcall.dev/contract';
const OTHER_LABEL = 'rollcall.dev/other';

/** What guards the writes of the operator (safety rule 6), and what its reads rely on: for the API server and for the fake of it. */
export function resourceClientContract(name: string, make: () => Promise<ClientBench>): void {
  describe(`the client of ${name}`, function () {
    this.timeout(30_000);
    const { signal } = new AbortController();
    let bench: ClientBench;

    beforeEach(async () => {
      bench = await make();
    });
    afterEach(() => bench.close());

    const slice = (name: string, metadata: Partial<ObjectMeta> = {}): EndpointSlice => ({
      metadata: { namespace: bench.namespace, name, ...metadata },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.77.9.1'], conditions: { ready: true } }],
      ports: [],
    });
    const withAddress = (object: EndpointSlice, address: string): EndpointSlice => ({
      ...object,
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    });
    const addressOf = (object: EndpointSlice | null): string | undefined =>
      object?.endpoints?.[0]?.addresses[0];
    const stored = (name: string): Promise<EndpointSlice | null> =>
      bench.slices.get(bench.namespace, name, signal);
    const listed = async (namespace: string | undefined, labelSelector?: string): Promise<string[]> => {
      const options = { ...(namespace && { namespace }), ...(labelSelector && { labelSelector }) };
      return (await bench.slices.list(options, signal)).map(({ metadata }) => metadata.name).sort();
    };

    describe('reading', () => {
      it('answers null for an object that is not there, and nothing for an empty namespace', async () => {
        assert.equal(await stored('absent'), null);
        assert.deepEqual(await listed(bench.namespace), []);
      });

      it('gives what a write answered, kind and apiVersion included once the server has named them', async () => {
        const created = await bench.slices.create(slice('a', { labels: { [LABEL]: 'x' } }), signal);
        assert.deepEqual(await stored('a'), created);
        const [fromList] = await bench.slices.list({ namespace: bench.namespace }, signal);
        assert.deepEqual(fromList?.metadata, created.metadata);
        assert.deepEqual(fromList.endpoints, created.endpoints);
      });

      it('lists one namespace, or all of them', async () => {
        await bench.slices.create(slice('contract-a'), signal);
        await bench.slices.create(slice('contract-b', { namespace: bench.otherNamespace }), signal);
        assert.deepEqual(await listed(bench.namespace), ['contract-a']);
        assert.deepEqual(await listed(bench.otherNamespace), ['contract-b']);
        const everywhere = await listed(undefined);
        assert.ok(everywhere.includes('contract-a') && everywhere.includes('contract-b'), String(everywhere));
      });

      it('lists by labels: equal, set, unequal or not set, and all of these at once', async () => {
        for (const [name, labels] of Object.entries({
          both: { [LABEL]: 'x', [OTHER_LABEL]: 'us' },
          one: { [LABEL]: 'x' },
          another: { [LABEL]: 'y', [OTHER_LABEL]: 'them' },
          none: undefined,
        }))
          await bench.slices.create(slice(name, labels === undefined ? {} : { labels }), signal);
        for (const [selector, names] of Object.entries({
          [`${LABEL}=x`]: ['both', 'one'],
          [LABEL]: ['another', 'both', 'one'],
          [`${OTHER_LABEL}!=us`]: ['another', 'none', 'one'],
          [`${LABEL}=x,${OTHER_LABEL}=us`]: ['both'],
          [`${LABEL},${OTHER_LABEL}!=us`]: ['another', 'one'],
          [`${LABEL}=z`]: [],
        }))
          assert.deepEqual(await listed(bench.namespace, selector), names, selector);
      });
    });

    describe('creating', () => {
      it('names the object: a uid, a resourceVersion and when; a status is not taken', async () => {
        const status = { observedGeneration: 1, conditions: [], slices: 9 };
        const object = grpcService(bench.namespace, { status });
        const created = await bench.grpcServices.create(object, signal);
        const { uid = '', resourceVersion = '', creationTimestamp = '', generation } = created.metadata;
        assert.ok(uid !== '' && resourceVersion !== '' && !Number.isNaN(Date.parse(creationTimestamp)));
        assert.deepEqual([generation, created.status], [1, undefined]);
        assert.equal(object.metadata.uid, undefined, 'what was given is left as it is');
      });

      it('answers AlreadyExists for a name that is taken, and leaves what has it', async () => {
        const first = await bench.slices.create(slice('a'), signal);
        const again = bench.slices.create(withAddress(slice('a'), '10.77.9.2'), signal);
        await assert.rejects(again, isAlreadyExists);
        assert.deepEqual(await stored('a'), first);
        await bench.slices.create(slice('a', { namespace: bench.otherNamespace }), signal);
      });

      it('makes another object of a name that was deleted', async () => {
        const first = await bench.slices.create(slice('a'), signal);
        await bench.slices.delete(versionOf(first), signal);
        const second = await bench.slices.create(slice('a'), signal);
        assert.notEqual(second.metadata.uid, first.metadata.uid);
      });
    });

    describe('updating', () => {
      it('replaces the version named, and the answer is the next one', async () => {
        const first = await bench.slices.create(slice('a', { labels: { [LABEL]: 'x' } }), signal);
        const { labels, ...unlabelled } = first.metadata;
        assert.ok(labels);
        const second = await bench.slices.update(
          withAddress({ ...first, metadata: unlabelled }, '10.77.9.2'),
          signal,
        );
        assert.notEqual(second.metadata.resourceVersion, first.metadata.resourceVersion);
        assert.deepEqual(
          [second.metadata.uid, second.metadata.labels, addressOf(second)],
          [first.metadata.uid, undefined, '10.77.9.2'],
        );
        assert.deepEqual(await stored('a'), second);
      });

      it('answers Conflict for a version that was replaced since, and changes nothing', async () => {
        const first = await bench.slices.create(slice('a'), signal);
        const second = await bench.slices.update(withAddress(first, '10.77.9.2'), signal);
        await assert.rejects(bench.slices.update(withAddress(first, '10.77.9.3'), signal), isConflict);
        assert.deepEqual(await stored('a'), second);
      });

      it('answers Conflict for an object of the name that is another one', async () => {
        const first = await bench.slices.create(slice('a'), signal);
        const uid = '6f1c6c0e-0000-4000-8000-000000000009';
        const metadata = { ...first.metadata, uid };
        await assert.rejects(bench.slices.update({ ...first, metadata }, signal), isConflict);
        assert.deepEqual(await stored('a'), first);
      });

      it('answers NotFound for an object that is gone, and does not make it', async () => {
        const first = await bench.slices.create(slice('a'), signal);
        await bench.slices.delete(versionOf(first), signal);
        await assert.rejects(bench.slices.update(first, signal), isNotFound);
        assert.equal(await stored('a'), null);
      });

      it('leaves the version of an object that it does not change', async () => {
        const first = await bench.slices.create(slice('a'), signal);
        assert.deepEqual((await bench.slices.update(first, signal)).metadata, first.metadata);
      });

      it('rejects a write that names no version, and changes nothing', async () => {
        const first = await bench.slices.create(slice('a'), signal);
        await assert.rejects(
          bench.slices.update(withAddress(slice('a'), '10.77.9.2'), signal),
          /must name the resourceVersion/,
        );
        assert.deepEqual(await stored('a'), first);
      });
    });

    describe('the status', () => {
      const status = { observedGeneration: 1, conditions: [], slices: 3 };

      it('is written by updateStatus alone, which writes nothing else', async () => {
        const first = await bench.grpcServices.create(grpcService(bench.namespace), signal);
        const spec = { ...first.spec, port: 50052 };
        const second = await bench.grpcServices.updateStatus({ ...first, spec, status }, signal);
        assert.deepEqual([second.spec.port, second.status?.slices], [50051, 3]);
        assert.equal(second.metadata.generation, 1);
        const changed = { ...second, spec, status: { ...status, slices: 4 } };
        const third = await bench.grpcServices.update(changed, signal);
        assert.deepEqual([third.spec.port, third.status?.slices], [50052, 3]);
        assert.equal(third.metadata.generation, 2);
        assert.deepEqual(await bench.grpcServices.get(bench.namespace, 'orders', signal), third);
      });

      it('is guarded like everything else', async () => {
        const first = await bench.grpcServices.create(grpcService(bench.namespace), signal);
        const second = await bench.grpcServices.updateStatus({ ...first, status }, signal);
        const late = { ...first, status: { ...status, slices: 4 } };
        await assert.rejects(bench.grpcServices.updateStatus(late, signal), isConflict);
        assert.deepEqual(await bench.grpcServices.get(bench.namespace, 'orders', signal), second);
      });
    });

    describe('deleting', () => {
      it('takes the version named', async () => {
        await bench.slices.delete(versionOf(await bench.slices.create(slice('a'), signal)), signal);
        assert.equal(await stored('a'), null);
        assert.deepEqual(await listed(bench.namespace), []);
      });

      it('answers Conflict for another version or another object of the name, which stays', async () => {
        const first = await bench.slices.create(slice('a'), signal);
        const second = await bench.slices.update(withAddress(first, '10.77.9.2'), signal);
        await assert.rejects(bench.slices.delete(versionOf(first), signal), isConflict);
        const another = { ...versionOf(second), uid: '6f1c6c0e-0000-4000-8000-000000000009' };
        await assert.rejects(bench.slices.delete(another, signal), isConflict);
        assert.deepEqual(await stored('a'), second);
      });

      it('is content when the object is gone', async () => {
        const version = versionOf(await bench.slices.create(slice('a'), signal));
        await bench.slices.delete(version, signal);
        await bench.slices.delete(version, signal);
      });
    });

    describe('patching', () => {
      it('merges into what is there (RFC 7386): objects by field, null takes away, lists as a whole', async () => {
        const labels = { [LABEL]: 'x', [OTHER_LABEL]: 'us' };
        const first = await bench.slices.create(slice('a', { labels }), signal);
        const patch = {
          metadata: { labels: { [LABEL]: 'y', [OTHER_LABEL]: null } },
          endpoints: [{ addresses: ['10.77.9.7'] }],
        };
        const second = await bench.slices.mergePatch(bench.namespace, 'a', patch, signal);
        assert.deepEqual(second.metadata.labels, { [LABEL]: 'y' });
        assert.deepEqual(second.endpoints?.[0]?.addresses, ['10.77.9.7']);
        assert.deepEqual([second.metadata.uid, second.addressType], [first.metadata.uid, 'IPv4']);
        assert.notEqual(second.metadata.resourceVersion, first.metadata.resourceVersion);
        assert.deepEqual(await stored('a'), second);
      });

      it('answers NotFound for an object that is gone', async () => {
        await assert.rejects(bench.slices.mergePatch(bench.namespace, 'absent', {}, signal), isNotFound);
      });
    });

    it('does nothing any more once it was told to stop', async () => {
      const first = await bench.slices.create(slice('a'), signal);
      const stopped = AbortSignal.abort(new Error('the test stops it'));
      const calls: Record<string, () => Promise<unknown>> = {
        get: () => bench.slices.get(bench.namespace, 'a', stopped),
        list: () => bench.slices.list({ namespace: bench.namespace }, stopped),
        create: () => bench.slices.create(slice('b'), stopped),
        update: () => bench.slices.update(withAddress(first, '10.77.9.2'), stopped),
        delete: () => bench.slices.delete(versionOf(first), stopped),
        mergePatch: () => bench.slices.mergePatch(bench.namespace, 'a', { endpoints: [] }, stopped),
      };
      for (const [verb, call] of Object.entries(calls)) await assert.rejects(call(), Error, verb);
      assert.deepEqual(await listed(bench.namespace), ['a']);
      assert.deepEqual(await stored('a'), first);
    });
  });
}

const isAnswer =
  (code: number, reason: string) =>
  (error: unknown): boolean =>
    error instanceof KubeApiError && error.code === code && error.reason === reason;

const isConflict = isAnswer(409, 'Conflict');
const isAlreadyExists = isAnswer(409, 'AlreadyExists');
const isNotFound = isAnswer(404, 'NotFound');

function versionOf({ metadata }: KubeObject): ObjectVersion {
  const { namespace = '', name, uid = '', resourceVersion = '' } = metadata;
  return { namespace, name, uid, resourceVersion };
}

function grpcService(namespace: string, fields: Partial<GrpcService> = {}): GrpcService {
  return { metadata: { namespace, name: 'orders' }, spec: { port: 50051 }, ...fields };
}
