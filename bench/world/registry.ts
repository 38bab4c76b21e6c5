import { join } from 'node:path';
import { mustRun } from '../../local/lib/run.ts';
import type { ApiServer } from '../../local/servers/api-server.ts';
import {
  startMariadb,
  startMysql,
  type DatabaseFlavor,
  type DatabaseServer,
} from '../../local/servers/database.ts';
import { addresses } from './addresses.ts';
import type { Member } from './fleet.ts';
import { port } from './fleet.ts';

const root = join(import.meta.dirname, '../..');
/** What the operator logs in to the database with. */
export const login = { user: 'rollcall', password: 'rollcall' };
/** The registry's database on the server. */
export const database = 'registry';
const rowsAtOnce = 1000;

/** The command line of Rollcall: the built one, unless `ROLLCALL_BENCH_PROGRAM` names another. */
export function rollcall(): string {
  return process.env.ROLLCALL_BENCH_PROGRAM ?? join(root, 'dist/main.js');
}

/** Settings of the Registry that benchmarks change. */
export interface RegistrySettings {
  /** `1s` by default, as in the CRD. */
  readonly pollInterval?: string;
  /** `30s` by default, as in the CRD. */
  readonly auditInterval?: string;
}

/** Our half of a world in Kubernetes: CRDs and RBAC of deploy/base, the Registry, a GrpcService for each service. */
export async function createGrpcServices(
  apiServer: ApiServer,
  services: readonly string[],
  settings: RegistrySettings = {},
): Promise<void> {
  await apiServer.kubectl(['apply', '--server-side', '-f', join(root, 'crds')]);
  await apiServer.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
  await apiServer.kubectl(['apply', '--server-side', '-k', join(root, 'deploy/base')]);
  const system = '/api/v1/namespaces/rollcall-system';
  await apiServer.request('POST', `${system}/secrets`, {
    metadata: { name: 'login' },
    stringData: { username: login.user, password: login.password },
  });
  await apiServer.request('POST', `/apis/rollcall.dev/v1alpha1/namespaces/rollcall-system/registries`, {
    ...{ apiVersion: 'rollcall.dev/v1alpha1', kind: 'Registry', metadata: { name: 'default' } },
    spec: {
      mysql: { host: addresses.database, database, credentialsSecretRef: { name: 'login' } },
      feed: {
        type: 'Poll',
        poll: { interval: settings.pollInterval ?? '1s', auditInterval: settings.auditInterval ?? '30s' },
      },
      allowedNamespaces: { from: 'All' },
    },
  });
  await apiServer.createNamespace('fleet');
  const path = '/apis/rollcall.dev/v1alpha1/namespaces/fleet/grpcservices';
  for (const name of services) {
    const object = { apiVersion: 'rollcall.dev/v1alpha1', kind: 'GrpcService', metadata: { name } };
    await apiServer.request('POST', path, { ...object, spec: { port } });
  }
}

/** A database server with the Managed schema. */
export interface RegistryDatabase extends DatabaseServer {
  /** Runs one statement in the registry's database, as root. */
  readonly sql: <T = Record<string, unknown>>(text: string, values?: readonly unknown[]) => Promise<T[]>;
}

/** Starts a server, MariaDB by default, with a copy of stored data or with empty tables made by `rollcall migrate`. */
export async function startRegistry(
  data?: string,
  extraArgs: readonly string[] = [],
  flavor: DatabaseFlavor = 'mariadb',
): Promise<RegistryDatabase> {
  const server = await (flavor === 'mariadb' ? startMariadb : startMysql)({
    ...{ address: addresses.database, extraArgs },
    ...(data === undefined ? {} : { data }),
  });
  if (data === undefined) {
    await server.createDatabase(database);
    await server.createUser({ ...login, on: database });
    await mustRun(process.execPath, [rollcall(), 'migrate', '--url', server.url(database)]);
  }
  const connection = await server.connect(database);
  await connection.query("SET time_zone = '+00:00'");
  const sql = async <T>(text: string, values?: readonly unknown[]) => {
    const [rows] = await connection.query(text, values as unknown[] | undefined);
    return (Array.isArray(rows) ? rows : [rows]) as T[];
  };
  const dispose = server.dispose.bind(server);
  server.dispose = async () => {
    connection.destroy();
    await dispose();
  };
  return Object.assign(server, { sql });
}

/** Makes rows once; every run then starts with a copy of them. Gives the folder of the data. */
export async function storedRegistry(
  load: (registry: RegistryDatabase) => Promise<void>,
  flavor: DatabaseFlavor = 'mariadb',
): Promise<string> {
  const registry = await startRegistry(undefined, [], flavor);
  try {
    await load(registry);
    return await registry.copyData();
  } finally {
    await registry.dispose();
  }
}

/** Registers servers in big statements; `ttlMs` null makes them static, and a lease gets its first beat. */
export async function insertRows(
  { sql }: RegistryDatabase,
  members: readonly Member[],
  ttlMs: number | null,
): Promise<void> {
  const columns = '(service, instance_id, address, port, region, zone, metadata, ttl_ms)';
  const metadata = JSON.stringify({ version: 'v1', image: 'registry.example.org/shop/server:1.0.0' });
  for (let from = 0; from < members.length; from += rowsAtOnce) {
    const rows = members.slice(from, from + rowsAtOnce).map(({ service, name, address }, index) => {
      return [service, name, address, port, 'region-1', `zone-${index % 3}`, metadata, ttlMs];
    });
    await sql(`INSERT INTO instances ${columns} VALUES ?`, [rows]);
  }
  if (ttlMs === null) return;
  await sql(
    `INSERT INTO heartbeats (instance, expires_at)
     SELECT id, NOW(6) + INTERVAL ttl_ms * 1000 MICROSECOND FROM instances
     ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at)`,
  );
}
