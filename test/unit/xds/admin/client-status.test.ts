import assert from 'node:assert/strict';
import type { RpcHandler, RpcStatus, RpcStream } from '../../../../src/xds/rpc.ts';
import { RPC, RpcRefused } from '../../../../src/xds/rpc.ts';
import {
  CLIENT_STATUS_SERVICE,
  clientStatuses,
  withClientStatus,
} from '../../../../src/xds/admin/client-status.ts';
import type { StreamListing } from '../../../../src/xds/engine/listing.ts';
import type { XdsResource } from '../../../../src/xds/resource.ts';
import { aListing, aNode, anXdsResource, aTypeListing } from '../../../support/xds/streams.ts';

const AT = 1000;
const everybody = { matches: () => true, withContents: true };
const stamp = (version: string) => ({ version, atMs: AT });
const listed = (
  name: string,
  sent: string | null,
  acked: string | null,
  refused: { version: string; reason: string; atMs: number } | null = null,
) => ({
  name,
  sent: sent === null ? null : stamp(sent),
  acked: acked === null ? null : stamp(acked),
  refused,
});
/** Everything that is asked for is there, in version v2, but for `gone`. */
const source = {
  get: (_view: string, { typeUrl, name }: { typeUrl: string; name: string }): XdsResource | undefined =>
    name === 'gone' ? undefined : anXdsResource(name, 'v2', typeUrl),
};

function call(method: string, streams: readonly StreamListing[], change: Partial<RpcStream> = {}) {
  const sent: Buffer[] = [];
  const ends: RpcStatus[] = [];
  const stream: RpcStream = {
    ...{ method: `/${CLIENT_STATUS_SERVICE}/${method}`, peer: '', peerNames: [], queuedBytes: 0 },
    send: (frame) => void sent.push(frame),
    end: (status) => void ends.push(status),
    ...change,
  };
  const next = (): RpcHandler => {
    throw new RpcRefused(RPC.unavailable, 'the next one');
  };
  const open = withClientStatus({ list: () => streams, source, next });
  return { sent, ends, open: () => open(stream) };
}

describe('the client status discovery service', () => {
  it('has a state for each resource that a client wants', () => {
    const refusal = { version: 'v2', reason: 'bad', atMs: AT };
    const stream = aListing({
      types: [
        aTypeListing({
          names: ['synced', 'sent', 'refused', 'unsent', 'gone'],
          resources: [
            listed('synced', 'v2', 'v2'),
            listed('sent', 'v2', 'v1'),
            listed('refused', 'v2', 'v1', refusal),
            listed('unsent', 'v1', 'v1'),
          ],
        }),
      ],
    });
    const [client] = clientStatuses([stream], everybody, source);
    assert.deepEqual(
      client?.resources.map(({ name, state, version, atMs }) => [name, state, version, atMs]),
      [
        ['synced', 'synced', 'v2', AT],
        ['sent', 'sent', 'v1', AT],
        ['refused', 'refused', 'v1', AT],
        ['unsent', 'unsent', 'v1', AT],
        ['gone', 'missing', '', null],
      ],
    );
    assert.deepEqual(client.resources[2]?.refusal, refusal);
    const withBody = client.resources.filter(({ body }) => body !== null).map(({ name }) => name);
    assert.deepEqual(withBody, ['synced'], 'what a client had before is not kept');
  });

  it('leaves out who has not said who it is, and who is not asked for', () => {
    const streams = [aListing({ node: null }), aListing(), aListing({ node: aNode({ id: 'api-1.shop' }) })];
    const query = { matches: ({ id }: { id: string }) => id.startsWith('api'), withContents: false };
    const ids = clientStatuses(streams, query, source).map(({ node }) => node.id);
    assert.deepEqual(ids, ['api-1.shop']);
  });

  it('refuses an answer that nobody could take, and says how to ask for less', () => {
    const big = { get: () => ({ ...anXdsResource('synced', 'v2'), body: Buffer.alloc(3_000_000) }) };
    const resources = [listed('synced', 'v2', 'v2')];
    const stream = aListing({ types: [aTypeListing({ names: ['synced'], resources })] });
    assert.equal(clientStatuses([stream], everybody, big).length, 1);
    const both = [stream, stream];
    assert.throws(
      () => clientStatuses(both, everybody, big),
      (error) =>
        error instanceof RpcRefused &&
        error.code === RPC.resourceExhausted &&
        error.message.includes('node_matchers'),
    );
    assert.equal(clientStatuses(both, { ...everybody, withContents: false }, big).length, 2);
  });

  it('answers once when it is fetched, and each request of a stream', () => {
    const fetched = call('FetchClientStatus', [aListing()]);
    fetched.open().message(Buffer.alloc(0));
    assert.deepEqual([fetched.sent.length, fetched.ends], [1, [{ code: RPC.ok, message: '' }]]);
    const streamed = call('StreamClientStatus', [aListing()]);
    const handler = streamed.open();
    handler.message(Buffer.alloc(0));
    handler.message(Buffer.alloc(0));
    assert.deepEqual([streamed.sent.length, streamed.ends], [2, []]);
    handler.halfClosed();
    assert.deepEqual(streamed.ends, [{ code: RPC.ok, message: '' }]);
  });

  it('ends a call with garbage, without a request, or that reads nothing, and no other', () => {
    const garbage = call('FetchClientStatus', []);
    garbage.open().message(Buffer.from([0xff]));
    const nothing = call('FetchClientStatus', []);
    nothing.open().halfClosed();
    const slow = call('StreamClientStatus', [], { queuedBytes: 1 });
    slow.open().message(Buffer.alloc(0));
    assert.deepEqual(
      [garbage, nothing, slow].map(({ ends }) => ends[0]?.code),
      [RPC.invalidArgument, RPC.invalidArgument, RPC.resourceExhausted],
    );
  });

  it('leaves every other call to the next one, and serves no other method', () => {
    const isRefusedWith = (code: number) => (error: unknown) =>
      error instanceof RpcRefused && error.code === code;
    const other = call('', [], { method: '/grpc.health.v1.Health/Check' });
    assert.throws(other.open, isRefusedWith(RPC.unavailable));
    assert.throws(call('Nothing', []).open, isRefusedWith(RPC.unimplemented));
  });
});
