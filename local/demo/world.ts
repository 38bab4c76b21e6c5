import { Resolver } from 'node:dns/promises';
import { startCluster, type Cluster } from '../cluster.ts';
import type { Progress } from '../lib/progress.ts';
import { waitFor } from '../lib/wait.ts';
import { dnsAddress } from '../namespace.ts';
import type { DatabaseServer } from '../servers/database.ts';
import { Caller } from './caller.ts';
import { startFeed, type DemoFeed } from './feed.ts';
import { Fleet } from './fleet.ts';
import { create, installation, userObjects } from './manifests.ts';
import { demoNamespace, serviceName, target } from './names.ts';
import { Observer } from './observer.ts';
import { Operator } from './operator.ts';
import type { DemoOptions } from './options.ts';
import { startOtherWays, writeClientBootstrap, type OtherWay } from './other-ways.ts';
import { startRegistryDatabase } from './registry-database.ts';
import { writeShellCommands } from './shell-commands.ts';

/** Everything that runs. */
export interface World {
  readonly cluster: Cluster;
  readonly database: DatabaseServer;
  readonly feed: DemoFeed;
  readonly fleet: Fleet;
  readonly operator: Operator;
  readonly caller: Caller;
  readonly otherWays: readonly OtherWay[];
  readonly observer: Observer;
  /** Keeps the operator and the client running and looks at everything, until `signal` is aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** Starts it all; what does not depend on each other at once. Resolves when the name can be dialled. */
export async function startWorld(options: DemoOptions, progress: Progress): Promise<World> {
  const steps = {
    registry: startRegistry(options, progress),
    cluster: progress.during('etcd, kube-apiserver, kube-controller-manager, CoreDNS', () => startCluster()),
    installation: installation(),
  };
  const [{ database, users, feed, fleet }, cluster, manifests] = await Promise.all([
    steps.registry,
    steps.cluster,
    steps.installation,
  ]);
  const operator = await progress.during('the operator, with the rights of deploy/base', async () => {
    await create(cluster.apiServer, manifests);
    await create(cluster.apiServer, userObjects(database.address, users.operator, feed));
    return await Operator.start(cluster.apiServer);
  });
  const resolvable = progress.during(`the name ${serviceName}.${demoNamespace}.svc.cluster.local`, () =>
    untilResolvable(options.servers),
  );
  const xdsBootstrap = writeClientBootstrap();
  const [otherWays] = await Promise.all([
    startOtherWays(options.client, options.rate, xdsBootstrap, progress),
    resolvable,
  ]);
  writeShellCommands({ cluster, database, operator, users, feed, xdsBootstrap });

  const caller = new Caller(options.client, options.rate, { target });
  const observer = new Observer({
    ...{ cluster, database, fleet, caller, otherWays, operator },
    clientKind: options.client,
  });
  const trouble = (error: unknown) => observer.note(error instanceof Error ? error.message : String(error));
  const run = async (signal: AbortSignal) => {
    const callers = [caller, ...otherWays.map((way) => way.caller).filter((each) => each instanceof Caller)];
    await Promise.all([
      observer.run(signal),
      operator.run(signal, trouble),
      ...callers.map((each) => each.run(signal)),
    ]);
  };
  return { cluster, database, feed, fleet, operator, caller, otherWays, observer, run };
}

async function startRegistry({ database: flavor, feed: kind, servers }: DemoOptions, progress: Progress) {
  const name = flavor === 'mysql' ? 'MySQL' : 'MariaDB';
  const registry = await progress.during(`${name} and rollcall migrate`, () => startRegistryDatabase(flavor));
  const { database, users } = registry;
  const feed = await startFeed(kind, { database, users, progress });
  const fleet = new Fleet(database.url(users.server.on, users.server), feed.redis?.url);
  await progress.during(`${servers} gRPC servers`, () =>
    Promise.all(Array.from({ length: servers }, () => fleet.start())),
  );
  return { database, users, feed, fleet };
}

async function untilResolvable(servers: number): Promise<void> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([dnsAddress]);
  await waitFor(`DNS to answer with ${servers} addresses`, async () => {
    const addresses = await resolver.resolve4(`${serviceName}.${demoNamespace}.svc.cluster.local`);
    return addresses.length >= servers;
  });
}
