import assert from 'node:assert/strict';
import { noMachineryObserver } from '../../../src/controller/machinery-observers.ts';
import type { EventRecorder } from '../../../src/controller/kube-ports.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import { ApiResourceClient } from '../../../src/kube/resource-client.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../../src/kube/resources.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { ConfigMap, Namespace } from '../../../src/model/kube-objects.ts';
import { ConfigMapController } from '../../../src/xds/bootstrap/config-map-controller.ts';
import { waitFor } from '../../../local/lib/wait.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { testbed } from '../../support/testbed/index.ts';
import { tokenAccess, transport } from '../kube/bench.ts';

const NAME = 'rollcall-xds';
const ENABLED = { 'rollcall.dev/xds-bootstrap': 'enabled' };
let count = 0;

describe('ConfigMaps with the bootstrap of xDS clients, on a real API server', function () {
  this.timeout(60_000);
  let connection: Transport;
  let client: ApiResourceClient<ConfigMap>;
  let stop: AbortController;
  let running: Promise<unknown>;
  let told: string[];

  beforeEach(async () => {
    const { url, token, ca } = (await testbed.cluster()).apiServer;
    connection = transport({ access: tokenAccess(url, token, ca) });
    client = new ApiResourceClient(connection, CONFIG_MAPS);
    stop = new AbortController();
    running = Promise.resolve();
    told = [];
  });
  afterEach(async () => {
    stop.abort(new Error('the test is over'));
    await running;
    await connection.close();
  });

  const never = new AbortController().signal;
  const namespace = async (labels: Readonly<Record<string, string>> = {}): Promise<string> => {
    const name = `bootstrap-${process.pid}-${(count += 1)}`;
    const { request } = await testbed.cluster();
    await request('POST', '/api/v1/namespaces', { metadata: { name, labels } });
    return name;
  };
  const label = async (name: string, value: string | null): Promise<void> => {
    const { kubectl } = await testbed.cluster();
    const change = value === null ? 'rollcall.dev/xds-bootstrap-' : `rollcall.dev/xds-bootstrap=${value}`;
    await kubectl(['label', 'namespace', name, change, '--overwrite']);
  };

  /** The leader's work, with what `--xds-bootstrap-namespaces` names. */
  const lead = (chosen: readonly string[] | null, operatorNamespace = 'ops'): void => {
    const parts = {
      ...{ transport: connection, clock: systemClock, random: () => 0 },
      ...{ logger: new RecordingLogger(), observer: noMachineryObserver, namespaces: [] },
    };
    const configMaps = new Reflector<ConfigMap>({
      ...parts,
      resource: CONFIG_MAPS,
      fieldSelector: `metadata.name=${NAME}`,
    });
    const namespaces = new Reflector<Namespace>({ ...parts, resource: NAMESPACES });
    const events: EventRecorder = { event: (_about, type, reason) => told.push(`${type} ${reason}`) };
    const controller = new ConfigMapController({
      ...{ configMaps, namespaces, chosen, client, events, operatorNamespace, tls: null },
      servers: [{ host: 'xds.example.com', port: 18_000 }],
      queue: new WorkQueue<string>({ ...parts, name: 'xds-bootstrap', workers: 1 }),
      logger: parts.logger,
    });
    running = Promise.all([
      running,
      ...[configMaps, namespaces, controller].map((part) => part.run(stop.signal)),
    ]);
  };
  /** Ends the term, as another leader would see it. */
  const resign = async (): Promise<void> => {
    stop.abort(new Error('resigned'));
    await running;
    stop = new AbortController();
    running = Promise.resolve();
  };
  const read = (where: string) => client.get(where, NAME, never);
  const written = (where: string) =>
    waitFor(`the ConfigMap in ${where}`, async () => {
      const text = (await read(where))?.data?.['bootstrap.json'] ?? '{}';
      return (JSON.parse(text) as { node?: { id: string } }).node?.id === `namespace:${where}`;
    });
  const gone = (where: string) =>
    waitFor(`no ConfigMap in ${where}`, async () => (await read(where)) === null);

  it('are there where a label asks for them, from the first look and later, and go with the label', async () => {
    const [early, late, silent] = [await namespace(ENABLED), await namespace(), await namespace()];
    lead([]);
    await written(early);
    await label(late, 'enabled');
    await written(late);
    assert.equal(await read(silent), null);
    await label(late, 'disabled');
    await gone(late);
    await label(early, null);
    await gone(early);
  });

  it('are there where the flag names a namespace, one that comes later too, and go with the flag', async () => {
    const named = await namespace();
    const later = `bootstrap-${process.pid}-${(count += 1)}`;
    lead([named, later]);
    await written(named);
    const { request } = await testbed.cluster();
    await request('POST', '/api/v1/namespaces', { metadata: { name: later } });
    await written(later);
    await resign();
    lead([later]);
    await gone(named);
    await written(later);
    await resign();
    lead(null);
    await gone(later);
  });

  it('are put right when somebody changes or deletes them', async () => {
    const where = await namespace(ENABLED);
    lead([]);
    await written(where);
    const { kubectl } = await testbed.cluster();
    await kubectl(['patch', 'configmap', NAME, '-n', where, '-p', '{"data":{"bootstrap.json":"{}"}}']);
    await written(where);
    await kubectl(['delete', 'configmap', NAME, '-n', where]);
    await written(where);
  });

  it('never replace one that somebody else made: it is told of once, and ours comes when it is gone', async () => {
    const [where, other] = [await namespace(ENABLED), await namespace(ENABLED)];
    const foreign = { metadata: { name: NAME, namespace: where }, data: { mine: 'yes' } };
    await client.create(foreign, never);
    lead([]);
    await written(other);
    await waitFor('the event', () => Promise.resolve(told.length > 0));
    const { kubectl } = await testbed.cluster();
    await kubectl(['annotate', 'configmap', NAME, '-n', where, 'looked=again']);
    await label(other, null);
    await gone(other);
    assert.deepEqual((await read(where))?.data, { mine: 'yes' });
    assert.deepEqual(told, ['Warning NameTaken']);
    await kubectl(['delete', 'configmap', NAME, '-n', where]);
    await written(where);
    await resign();
    lead([], 'another-operator');
    await waitFor('the event', () => Promise.resolve(told.length > 1));
    await label(where, null);
    await label(other, 'enabled');
    await written(other);
    assert.notEqual(await read(where), null);
  });
});
