import type { DatabaseServer } from '../servers/database.ts';
import type { Cluster } from '../cluster.ts';
import type { DemoFeed } from './feed.ts';
import { noticedWithin } from './feed-kinds.ts';
import { drainMs, exampleFile, maxConnectionAgeMs, serviceName, ttlMs } from './names.ts';
import type { Fleet, FleetServer } from './fleet.ts';
import type { Operator } from './operator.ts';
import { timeText } from './text.ts';

/** What the actions act on. */
export interface ActedOn {
  readonly cluster: Pick<Cluster, 'kubectl'>;
  readonly database: DatabaseServer;
  readonly feed: Pick<DemoFeed, 'kind'>;
  readonly fleet: Fleet;
  readonly operator: Operator;
}

/** What an action did, and what can be seen of it. */
export interface Done {
  readonly did: string;
  readonly see: string;
}

/** Something to try: a key on the screen, and a word of the command `demo` in the shell. */
export interface Action {
  readonly key: string;
  readonly command: string;
  /** For the line of keys. */
  readonly label: string;
  /** `argument` names a server where that makes sense. Throws {@link NotPossible}. */
  readonly run: (on: ActedOn, argument?: string) => Promise<Done>;
}

/** An action has nothing to act on. The message says so. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

/** gRPC clients look at DNS at most this often (grpc-js and grpc-go: 30 s by default). */
const dnsAgainMs = 30_000;

/** A client learns a new address within this time: its connection's age, its patience with DNS and CoreDNS's TTL. */
const learnedWithin = timeText(maxConnectionAgeMs + dnsAgainMs + 5000);

const ttl = timeText(ttlMs);

/** Said when nobody is left who could answer. */
const startOne = ({ fleet }: ActedOn): string =>
  fleet.pick() === undefined
    ? ' It was the last one: without it, calls fail until there is another. Start one: key s, or demo start-server.'
    : '';

const startServer = async ({ fleet, feed }: ActedOn): Promise<Done> => {
  const { id, process } = await fleet.start();
  return {
    did: `${id} started at ${process.address}:${process.port} (pid ${process.pid ?? 'none'}) and registered itself by an INSERT`,
    see: `Its endpoint is in the slice ${noticedWithin(feed.kind)}. gRPC looks at DNS again when a server ends a connection for its age (${timeText(maxConnectionAgeMs)} here), at most every 30 s: the first calls reach it within ${learnedWithin}. By xDS and through Envoy they reach it at once.`,
  };
};

const killServer = async (on: ActedOn, argument?: string): Promise<Done> => {
  const { fleet } = on;
  const server = picked(fleet, argument);
  const { pid } = server.process;
  await fleet.kill(server);
  return {
    did: `${server.id} was killed: kill -9 ${pid ?? ''}`,
    see: `It could not say goodbye. gRPC drops the broken connection at once: at most the calls in flight fail. Its row expires ${ttl} after its last beat, and the endpoint leaves the slice within 500 ms of that.${startOne(on)}`,
  };
};

const drainServer = async (on: ActedOn, argument?: string): Promise<Done> => {
  const { fleet } = on;
  const server = picked(fleet, argument);
  fleet.drain(server);
  return await Promise.resolve({
    did: `${server.id} was asked to end: kill ${server.process.pid ?? ''} (SIGTERM)`,
    see: `It writes DRAINING: ${noticedWithin(on.feed.kind)} its endpoint is not ready, still serving. After ${timeText(drainMs)} it writes DOWN, sends GOAWAY and ends: the endpoint goes, and no call fails.${startOne(on)}`,
  });
};

const stopDatabase = async ({ database }: ActedOn): Promise<Done> => {
  if (database.pid === undefined) throw new NotPossible('The database is stopped already.');
  await database.stop();
  return {
    did: 'the database was stopped',
    see: `"Could not read" is not "is empty": RegistryAvailable turns False, every endpoint stays and the calls go on, however long it takes. Start it again: expiry then waits ${ttl}, until every server has beaten again.`,
  };
};

const startDatabase = async ({ database }: ActedOn): Promise<Done> => {
  if (database.pid !== undefined) throw new NotPossible('The database is running.');
  await database.start();
  return {
    did: 'the database was started',
    see: `The servers beat again within ${timeText(ttlMs / 3)}, RegistryAvailable turns True, and no endpoint was lost.`,
  };
};

const killOperator = async ({ operator }: ActedOn): Promise<Done> => {
  const { pid } = operator;
  if (pid === undefined) throw new NotPossible('The operator is not running at this moment.');
  await operator.kill();
  return {
    did: `the operator was killed: kill -9 ${pid}`,
    see: 'The calls go on and no slice changes. It is started again at once, as a pod would be; as there is no second replica here that could take over, it waits until the Lease of the dead one ends (15 s), then publishes what changed meanwhile.',
  };
};

const applyExample = async ({ cluster }: ActedOn): Promise<Done> => {
  await cluster.kubectl(['apply', '-f', exampleFile]);
  return {
    did: `kubectl apply -f ${exampleFile}`,
    see: `A second GrpcService for the same servers: those of zone a only, as ${serviceName}-a. In npm run shell: greeter-client dns:///${serviceName}-a.demo.svc.cluster.local:50051 --calls 4`,
  };
};

/** All of them, in the order in which they are shown. */
export const actions: readonly Action[] = [
  { key: 's', command: 'start-server', label: 'start a server', run: startServer },
  { key: 'k', command: 'kill-server', label: 'kill -9 the newest', run: killServer },
  { key: 'd', command: 'drain-server', label: 'drain the newest', run: drainServer },
  { key: 'b', command: 'stop-database', label: 'stop the database', run: stopDatabase },
  { key: 'b', command: 'start-database', label: 'start the database', run: startDatabase },
  { key: 'o', command: 'kill-operator', label: 'kill -9 the operator', run: killOperator },
  { key: 'g', command: 'apply-example', label: 'apply a GrpcService', run: applyExample },
];

/** The action of a key: one that is possible at present where two share it. */
export function actionOfKey(key: string, databaseRuns: boolean): Action | undefined {
  const impossible = databaseRuns ? 'start-database' : 'stop-database';
  return actions.find((action) => action.key === key && action.command !== impossible);
}

/** What the keys do, and what else there is. */
export function keyLabels(databaseRuns: boolean): string[] {
  const possible = actions.filter(({ key, command }) => actionOfKey(key, databaseRuns)?.command === command);
  const labels = possible.map(({ key, label }) => `[${key}] ${label}`);
  return [...labels, '[q] quit', 'npm run shell in another terminal: kubectl, SQL, gRPC'];
}

function picked(fleet: Fleet, id: string | undefined): FleetServer {
  const server = fleet.pick(id);
  if (server) return server;
  const which = id === undefined ? 'No server is running' : `No server ${id} is running`;
  throw new NotPossible(`${which}: start one first.`);
}
