import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { ClientHttp2Session } from 'node:http2';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../../local/lib/wait.ts';
import { CLIENT_STATUS_SERVICE } from '../../src/xds/admin/client-status.ts';
import type { ClientsReport } from '../../src/xds/admin/clients.ts';
import { decodeMessage } from '../../src/xds/codec/decode-message.ts';
import { TYPE } from '../../src/xds/resource.ts';
import { checkout } from '../support/manifests.ts';
import { connectRaw, type RawCall, rawCall } from '../support/rpc-client.ts';
import { decode, encode } from '../support/xds/messages.ts';
import type { OperatorProcess } from './support/operator.ts';
import { type TestRegistry, World } from './support/world.ts';

const ADS = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources';
const REASON = 'the policy of this cluster is beyond me';

/** A client that does what the test says. */
class Client {
  readonly nodeId: string;
  readonly #session: ClientHttp2Session;
  readonly #call: RawCall;
  #read = 0;

  private constructor(session: ClientHttp2Session, nodeId: string) {
    this.nodeId = nodeId;
    this.#session = session;
    this.#call = rawCall(session, ADS);
  }

  static async connect(operator: OperatorProcess, nodeId: string): Promise<Client> {
    return new Client(await connectRaw(`http://${operator.xdsServer}`), nodeId);
  }

  request(fields: object): void {
    const node = { id: this.nodeId, userAgentName: 'gRPC Test', userAgentVersion: '1' };
    this.#call.send(Buffer.from(encode('envoy.service.discovery.v3.DiscoveryRequest', { node, ...fields })));
  }

  /** The nonce of the next response. */
  async next(): Promise<string> {
    await waitFor('a response', () => this.#call.messages.length > this.#read, { timeoutMs: 20_000 });
    const body = this.#call.messages[this.#read] ?? Buffer.alloc(0);
    this.#read += 1;
    return (decode('envoy.service.discovery.v3.DiscoveryResponse', body) as { nonce: string }).nonce;
  }

  close(): void {
    this.#session.destroy();
  }
}

describe('what xDS clients refuse', function () {
  this.timeout(90_000);
  let world: World;
  let registry: TestRegistry;
  let namespace: string;
  let name: string;
  const operators: OperatorProcess[] = [];
  const clients: Client[] = [];

  before(async () => {
    world = await World.create();
    registry = await world.registry({ feed: { type: 'Poll', poll: { interval: '100ms' } } });
    namespace = await world.namespace();
    name = `orders.${namespace}`;
    for (let replica = 0; replica < 2; replica += 1) operators.push(await world.operator(registry));
    await registry.table.register({ service: 'orders', instanceId: 'a', address: '10.77.171.1' });
    await world.applyGrpcService(namespace, 'orders');
    await world.untilCondition(namespace, 'orders', 'XdsAccepted', 'True Accepted');
  });
  afterEach(() => clients.splice(0).forEach((client) => client.close()));
  after(() => world.dispose());

  const refuse = async (operator: OperatorProcess, nodeId: string): Promise<Client> => {
    const client = await Client.connect(operator, nodeId);
    clients.push(client);
    const subscription = { typeUrl: TYPE.cluster, resourceNames: [name] };
    client.request(subscription);
    const responseNonce = await client.next();
    client.request({ ...subscription, responseNonce, errorDetail: { code: 3, message: REASON } });
    return client;
  };
  const rollcall = async (...args: readonly string[]): Promise<string> => {
    const address = operators.map(({ xdsServer }) => xdsServer.replace(/:\d+$/, ':8082')).join(',');
    const command = [join(checkout, 'src/main.ts'), 'xds', ...args, '--address', address];
    return (await promisify(execFile)(process.execPath, command)).stdout;
  };

  it('turns XdsAccepted on whichever replica they are, and turns it back when the last of them is gone', async () => {
    const [first, second] = operators as [OperatorProcess, OperatorProcess];
    await refuse(first, 'one.shop');
    await world.untilCondition(namespace, 'orders', 'XdsAccepted', 'False RefusedByClients');
    const other = await refuse(second, 'two.shop');
    const message = await waitFor('both to be told of', async () => {
      const { status } = (await world.grpcService(namespace, 'orders')) ?? {};
      const text = status?.conditions?.find(({ type }) => type === 'XdsAccepted')?.message ?? '';
      return text.startsWith('2 xDS clients') && text;
    });
    assert.ok(
      message.includes('one.shop') && message.includes('two.shop') && message.includes(REASON),
      message,
    );
    assert.ok(message.includes(`Cluster ${name}`), message);
    const refusals = await Promise.all(operators.map((each) => each.metric('rollcall_xds_refusals')));
    assert.deepEqual(refusals, [1, 1]);
    clients.filter((client) => client !== other).forEach((client) => client.close());
    await waitFor('one to be left', async () => {
      const { status } = (await world.grpcService(namespace, 'orders')) ?? {};
      return status?.xds?.replicas?.length === 1;
    });
    await world.untilCondition(namespace, 'orders', 'XdsAccepted', 'False RefusedByClients');
    other.close();
    await world.untilCondition(namespace, 'orders', 'XdsAccepted', 'True Accepted');
    assert.equal((await world.grpcService(namespace, 'orders'))?.status?.xds, undefined);
  });

  it('are shown by rollcall xds, from all replicas, with what each client is shown', async () => {
    const [, second] = operators as [OperatorProcess, OperatorProcess];
    await refuse(second, 'three.shop');
    const reports = await waitFor('the refusal', async () => {
      const found = JSON.parse(await rollcall('clients', '-o', 'json')) as ClientsReport[];
      return found.some(({ clients: own }) => own.some(({ state }) => state === 'Refused')) && found;
    });
    assert.deepEqual(
      reports.map(({ clients: own }) => own.map(({ node, state }) => `${node} ${state}`)),
      [[], ['three.shop Refused']],
    );
    const table = await rollcall('clients', '--service', `${namespace}/orders`);
    assert.match(
      table,
      new RegExp(`three\\.shop \\S+ refuses Cluster ${name}, version [0-9a-f]{16}: ${REASON}`),
    );
    const config = await rollcall('config', '--service', `${namespace}/orders`, '-o', 'yaml');
    assert.match(config, /type: ClusterLoadAssignment[^]*address: 10\.77\.171\.1/);
    assert.match(await rollcall('config', '--node-id', 'three.shop'), new RegExp(`^Cluster +${name} `, 'm'));
  });

  it('are told by the client status discovery service', async () => {
    const [first] = operators as [OperatorProcess, OperatorProcess];
    await refuse(first, 'four.shop');
    const session = await connectRaw(`http://${first.xdsServer}`);
    try {
      const config = await waitFor('the refusal', async () => {
        const call = rawCall(session, `/${CLIENT_STATUS_SERVICE}/FetchClientStatus`);
        call.send('');
        await call.closed;
        const [body = Buffer.alloc(0)] = call.messages;
        const text = JSON.stringify(decodeMessage('envoy.service.status.v3.ClientStatusResponse', body));
        return text.includes('NACKED') && text;
      });
      assert.match(config, new RegExp(`"id":"four\\.shop".*${REASON}`));
    } finally {
      session.destroy();
    }
  });

  it('or accept: the time from the change of a row to their acknowledgement is counted', async () => {
    const [first] = operators as [OperatorProcess, OperatorProcess];
    const client = await Client.connect(first, 'five.shop');
    clients.push(client);
    const subscription = { typeUrl: TYPE.endpoints, resourceNames: [name] };
    client.request(subscription);
    client.request({ ...subscription, responseNonce: await client.next() });
    const before = await first.metric('rollcall_propagation_seconds_count', { target: 'xds' });
    await registry.table.register({ service: 'orders', instanceId: 'b', address: '10.77.171.2' });
    client.request({ ...subscription, responseNonce: await client.next() });
    await waitFor('it to be counted', async () => {
      const now = await first.metric('rollcall_propagation_seconds_count', { target: 'xds' });
      return now === before + 1;
    });
    assert.equal(before, 0, 'what a client is told first is no change');
  });
});
