/**
 * The measure of the feeds: the least that a program can do between a commit and a slice. It follows the binary log with the library that the
 * Binlog feed uses, takes the row image for the truth and PUTs the slice that the row is in. No checks, no second look at anything, no recovery:
 * whatever goes wrong ends it. Started by bench/subjects/start-bare-loop.ts with its settings as JSON in its only argument.
 */
import ZongJi from '@vlasky/zongji';
import { createConnection } from 'mysql2/promise';
import { Agent } from 'undici';
import type { BareLoopSettings } from './start-bare-loop.ts';

interface Row {
  readonly service: string;
  readonly instance_id: string;
  readonly address: string;
  readonly port: number;
  readonly zone: string | null;
  readonly status: 'UP' | 'DRAINING' | 'DOWN';
}

interface Slice {
  readonly path: string;
  object: { metadata: object; endpoints: object[] };
  /** Where each instance is in `endpoints`. */
  readonly places: Map<string, number>;
  isWriting: boolean;
  isDirty: boolean;
}

const settings = JSON.parse(process.argv[2] ?? '') as BareLoopSettings;
const slicesPath = `/apis/discovery.k8s.io/v1/namespaces/${settings.namespace}/endpointslices`;
const api = new Agent({ connect: { ca: settings.ca }, keepAliveTimeout: 60_000 });
const slices = new Map<string, Slice>();

const connection = await createConnection(settings.database);
const [rows] = await connection.query(`SELECT * FROM instances WHERE status <> 'DOWN' ORDER BY id`);
await connection.end();
for (const row of rows as Row[]) add(row);
await Promise.all([...slices.values()].map((slice) => send('POST', slicesPath, slice)));

const zongji = new ZongJi(settings.database);
zongji.on('binlog', (event) => {
  const changed = (event as { readonly rows?: readonly { readonly after?: Row }[] }).rows ?? [];
  for (const { after } of changed) if (after !== undefined) change(after);
});
zongji.on('error', (error) => {
  throw error;
});
zongji.on('ready', () => console.log('following'));
zongji.start({
  startAtEnd: true,
  serverId: 4_000_000_000,
  includeEvents: ['tablemap', 'writerows', 'updaterows', 'deleterows'],
  includeSchema: { [settings.database.database]: ['instances'] },
});

function add(row: Row): void {
  const slice = slices.get(row.service) ?? emptySlice(row);
  slices.set(row.service, slice);
  slice.places.set(row.instance_id, slice.object.endpoints.push(endpoint(row)) - 1);
}

function change(row: Row): void {
  const slice = slices.get(row.service);
  const place = slice?.places.get(row.instance_id);
  if (slice === undefined || place === undefined) throw new Error(`no such instance: ${row.instance_id}`);
  slice.object.endpoints[place] = endpoint(row);
  slice.isDirty = true;
  if (!slice.isWriting) void put(slice);
}

async function put(slice: Slice): Promise<void> {
  slice.isWriting = true;
  while (slice.isDirty) {
    slice.isDirty = false;
    await send('PUT', slice.path, slice);
  }
  slice.isWriting = false;
}

async function send(method: 'POST' | 'PUT', path: string, slice: Slice): Promise<void> {
  const { statusCode, body } = await api.request({
    ...{ origin: settings.url, method, path, body: JSON.stringify(slice.object) },
    headers: { authorization: `Bearer ${settings.token}`, 'content-type': 'application/json' },
  });
  if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${await body.text()}`);
  const { metadata } = (await body.json()) as Slice['object'];
  slice.object = { ...slice.object, metadata };
}

function emptySlice({ service, port }: Row): Slice {
  const name = `${service}-loop`;
  const labels = {
    'kubernetes.io/service-name': service,
    'endpointslice.kubernetes.io/managed-by': 'bare-loop',
  };
  const object = {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    metadata: { name, labels },
    ports: [{ name: 'grpc', port, protocol: 'TCP' }],
    endpoints: [],
  };
  return { path: `${slicesPath}/${name}`, object, places: new Map(), isWriting: false, isDirty: false };
}

function endpoint({ address, zone, status }: Row): object {
  const isUp = status === 'UP';
  return {
    addresses: [address],
    conditions: { ready: isUp, serving: true, terminating: !isUp },
    ...(zone === null ? {} : { zone }),
  };
}
