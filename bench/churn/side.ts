import type { ServerProcess } from '../../local/servers/server-process.ts';
import type { ApiServer } from '../../local/servers/api-server.ts';
import type { BenchmarkOptions } from '../harness/benchmark.ts';
import { startEndpointSliceController } from '../subjects/endpointslice-controller.ts';
import { startOperator } from '../subjects/operator.ts';
import { startControlPlane, storedState } from '../world/control-plane.ts';
import { serviceNames, type Member } from '../world/fleet.ts';
import { storedPodFleet, createPods, deletePods, setPodReady } from '../world/pods.ts';
import {
  createGrpcServices,
  insertRows,
  startRegistry,
  storedRegistry,
  type RegistryDatabase,
  type RegistrySettings,
} from '../world/registry.ts';
import { SliceWatch } from '../world/slice-watch.ts';

/** A converged world that can be changed, whoever publishes it. */
export interface LiveWorld {
  readonly watch: SliceWatch;
  readonly subject: ServerProcess;
  readonly apiServer: ApiServer;
  /** Takes servers out and puts others in, in one go. */
  replace(gone: readonly Member[], come: readonly Member[]): Promise<void>;
  /** Makes one server ready or not; resolves when that is committed. */
  setReady(member: Member, ready: boolean): Promise<void>;
  dispose(): Promise<void>;
}

/** A way to make such a world, again and again, from a stored state. */
export interface LiveSide {
  readonly name: string;
  start(): Promise<LiveWorld>;
}

/** Ours: rows, and the operator that follows them. */
export async function ourLiveSide(
  name: string,
  members: readonly Member[],
  settings: RegistrySettings,
  { profile }: BenchmarkOptions,
): Promise<LiveSide> {
  const cluster = await storedState((apiServer) =>
    createGrpcServices(apiServer, servicesOf(members), settings),
  );
  const rows = await storedRegistry((registry) => insertRows(registry, members, null));
  const start = async () => {
    const registry = await startRegistry(rows);
    const end = () => registry.dispose();
    const operator = (apiServer: ApiServer) => startOperator(apiServer, { profile });
    const world = await converged(cluster, members, operator, end);
    return {
      ...world,
      replace: (gone: readonly Member[], come: readonly Member[]) => replaceRows(registry, gone, come),
      setReady: async (member: Member, ready: boolean) => {
        const status = ready ? 'UP' : 'DRAINING';
        await registry.sql('UPDATE instances SET status = ? WHERE service = ? AND instance_id = ?', [
          ...[status, member.service, member.name],
        ]);
      },
    };
  };
  return { name, start };
}

/** The peer: pods, and the EndpointSlice controller. */
export async function peerLiveSides(
  members: readonly Member[],
  variants: Readonly<Record<string, readonly string[]>>,
  { progress }: BenchmarkOptions,
): Promise<LiveSide[]> {
  const cluster = await storedPodFleet(members, progress);
  return Object.entries(variants).map(([name, extraArgs]) => ({
    name,
    start: async () => {
      const start = (apiServer: ApiServer) =>
        startEndpointSliceController(apiServer.kubeconfigFile, extraArgs);
      const world = await converged(cluster, members, start);
      const { apiServer } = world;
      return {
        ...world,
        replace: async (gone: readonly Member[], come: readonly Member[]) => {
          await Promise.all([deletePods(apiServer, gone), createPods(apiServer, come)]);
        },
        setReady: (member: Member, ready: boolean) => setPodReady(apiServer, member, ready),
      };
    },
  }));
}

function servicesOf(members: readonly Member[]): string[] {
  return serviceNames(new Set(members.map(({ service }) => service)).size);
}

/** A rolling update of a deployment outside Kubernetes: the old servers leave as the new ones register. */
async function replaceRows(
  registry: RegistryDatabase,
  gone: readonly Member[],
  come: readonly Member[],
): Promise<void> {
  await registry.sql('START TRANSACTION');
  const names = gone.map(({ name }) => name);
  await registry.sql("UPDATE instances SET status = 'DOWN' WHERE service = ? AND instance_id IN (?)", [
    ...[gone[0]?.service, names],
  ]);
  await insertRows(registry, come, null);
  await registry.sql('COMMIT');
}

/** Starts the control plane and whoever publishes, and waits until all addresses are there and nothing moves. `end` ends the rest. */
export async function converged(
  cluster: string,
  members: readonly Member[],
  start: (apiServer: ApiServer) => Promise<ServerProcess>,
  end: () => Promise<void> = () => Promise.resolve(),
): Promise<Omit<LiveWorld, 'replace' | 'setReady'>> {
  const plane = await startControlPlane(cluster);
  const watch = await SliceWatch.open(plane.apiServer);
  let subject: ServerProcess | undefined;
  const dispose = async () => {
    await subject?.dispose();
    await watch.close();
    await Promise.all([plane.dispose(), end()]);
  };
  try {
    subject = await start(plane.apiServer);
    await watch.until('all addresses', () => watch.addresses === members.length);
    await watch.quiet(2000);
    return { watch, subject, apiServer: plane.apiServer, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
