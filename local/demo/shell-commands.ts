import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../cluster.ts';
import { availability, program, type ComponentName } from '../components/index.ts';
import { writeShellSetup } from '../lib/shell-setup.ts';
import { clientComponents, clientKinds, clientProgram } from '../peers/clients.ts';
import type { DatabaseServer } from '../servers/database.ts';
import type { DemoFeed } from './feed.ts';
import { exampleOfOwn } from './manifests.ts';
import {
  database as databaseName,
  demoDir,
  demoNamespace,
  envoyTarget,
  exampleFile,
  maxConnectionAgeMs,
  sqlDefaultsFile,
  target,
  xdsTarget,
} from './names.ts';
import { mainFile, type Operator } from './operator.ts';
import type { RegistryUsers } from './registry-database.ts';

const peers = join(import.meta.dirname, '../peers');

interface Served {
  readonly cluster: Cluster;
  readonly database: DatabaseServer;
  readonly operator: Operator;
  readonly users: RegistryUsers;
  readonly feed: DemoFeed;
  /** The file that `xds:` targets need. */
  readonly xdsBootstrap: string;
}

/** Writes what `npm run shell` finds: kubectl's configuration, commands that need no arguments, examples. */
export function writeShellCommands(served: Served): void {
  const { cluster, database, operator, users, feed, xdsBootstrap } = served;
  mkdirSync(demoDir, { recursive: true });
  writeFileSync(exampleFile, exampleOfOwn);
  const login = [`user=${users.person.user}`, `password=${users.person.password}`];
  const where = [`host=${database.address}`, `port=${database.port}`, 'protocol=TCP'];
  writeFileSync(sqlDefaultsFile, `${['[client]', ...login, ...where].join('\n')}\n`, { mode: 0o600 });

  const node = process.execPath;
  const sql = [sqlClient(database), `--defaults-file=${sqlDefaultsFile}`, `--database=${databaseName}`];
  const administrator = [
    sqlClient(database),
    '--no-defaults',
    '--user=root',
    ...where.map((each) => `--${each}`),
  ];
  writeShellSetup({
    env: {
      ...{ KUBECONFIG: cluster.kubeconfigFile, ROLLCALL_KUBECONFIG: cluster.kubeconfigFile },
      ROLLCALL_URL: database.url(databaseName, users.person),
      GRPC_XDS_BOOTSTRAP: xdsBootstrap,
    },
    commands: {
      ...{ mysql: sql, mariadb: sql, sql, 'mysql-root': [...administrator, `--database=${databaseName}`] },
      rollcall: [node, mainFile],
      demo: [node, join(import.meta.dirname, 'control-client.ts')],
      'greeter-server': [
        ...[node, join(peers, 'greeter-server.ts'), '--registry', database.url(databaseName, users.server)],
        ...['--max-connection-age-ms', `${maxConnectionAgeMs}`],
        ...(feed.redis === undefined ? [] : ['--redis', feed.redis.url]),
      ],
      ...(feed.redis === undefined
        ? {}
        : { 'redis-cli': feed.redis.cli, 'redis-root': feed.redis.administrator }),
      ...clientCommands(),
    },
    greeting: greeting(operator.logFile, feed),
  });
}

/** The client of the server's own kind where there is one; each speaks to both. */
function sqlClient({ flavor }: DatabaseServer): string {
  const wanted: ComponentName = flavor === 'mysql' && 'folder' in availability('mysql') ? 'mysql' : 'mariadb';
  return program(wanted, `programs/${wanted}`);
}

/** `greeter-client` is the first kind, the others have it in their name. */
function clientCommands(): Record<string, readonly string[]> {
  const here = clientKinds.filter((kind) =>
    clientComponents[kind].every((name) => 'folder' in availability(name)),
  );
  return Object.fromEntries(
    here.map((kind) => [kind === 'node' ? 'greeter-client' : `greeter-client-${kind}`, clientProgram(kind)]),
  );
}

/** Every command in it works as it stands. */
function greeting(operatorLog: string, { redis }: DemoFeed): string {
  const publish = `
  redis-cli PUBLISH rollcall '{"service": "greeter"}'   tells the operator of what you typed in SQL`;
  return `
This shell is inside the cluster of npm start. exit leaves it; the cluster goes on.

  kubectl get gsvc,reg,svc,endpointslices -A     what is published
  kubectl describe gsvc greeter -n ${demoNamespace}          its conditions and events
  kubectl apply -f ${exampleFile}
  mysql -e 'SELECT * FROM instances'             the registry
  mysql -e "UPDATE instances SET status = 'DRAINING' WHERE instance_id = 'greeter-1'"${redis === undefined ? '' : publish}
  rollcall doctor rollcall-system/default        whether each feed would work, and what to type where not
  mysql-root -e 'SHOW GRANTS FOR rollcall'       as the administrator of the database
  greeter-client ${target} --calls 12 --rate 12
  greeter-client ${xdsTarget} --calls 12 --rate 12   by xDS; ${envoyTarget}: through Envoy
  greeter-server --service hello --address 10.77.2.1:50051 &   a server of your own (docs/try-it.md); kill %1 drains it
  demo                                           the keys of the screen as commands: demo kill-server greeter-2
  tail -f ${operatorLog}
`;
}
