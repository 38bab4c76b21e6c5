import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { ensure } from '../../local/components/cache.ts';
import { components } from '../../local/components/index.ts';
import { atMost } from '../../local/lib/limit.ts';
import type { Progress } from '../../local/lib/progress.ts';
import type { ApiServer } from '../../local/servers/api-server.ts';
import { storedState } from './control-plane.ts';
import { port, type Member } from './fleet.ts';

const namespace = 'fleet';
const nodes = 10;

/**
 * The peer's half of a world: Nodes, headless Services with selectors, and Ready pods behind them. Making 10,000 pods takes
 * minutes, so the state is kept in the cache of the local cluster. Gives the folder of its data.
 */
export async function storedPodFleet(members: readonly Member[], progress: Progress): Promise<string> {
  const services = [...new Set(members.map(({ service }) => service))];
  const folder = await ensure(
    {
      name: `bench-${members.length}-pods-of-${services.length}-services`,
      version: components.kubernetes.version,
      recipe: { files: ['../bench/world/pods.ts', '../bench/world/fleet.ts', 'components/control-plane.ts'] },
      required: true,
      kind: 'cpu',
      make: async (draft) => {
        const data = await storedState((apiServer) => createPodFleet(apiServer, services, members));
        await cp(data, join(draft, 'data'), { recursive: true });
      },
    },
    progress,
  );
  return join(folder, 'data');
}

async function createPodFleet(
  apiServer: ApiServer,
  services: readonly string[],
  members: readonly Member[],
): Promise<void> {
  await apiServer.createNamespace(namespace);
  // The admission of pods wants it, and no controller runs that would make it.
  await apiServer.request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    metadata: { name: 'default' },
  });
  for (let node = 0; node < nodes; node++) {
    await apiServer.request('POST', '/api/v1/nodes', {
      metadata: { name: `node-${node}`, labels: { 'topology.kubernetes.io/zone': `zone-${node % 3}` } },
    });
  }
  for (const service of services) await createService(apiServer, service);
  await createPods(apiServer, members);
}

async function createService(apiServer: ApiServer, name: string): Promise<void> {
  await apiServer.request('POST', `/api/v1/namespaces/${namespace}/services`, {
    metadata: { name },
    spec: { clusterIP: 'None', selector: { app: name }, ports: [{ name: 'grpc', port, targetPort: port }] },
  });
}

/** Creates pods and gives them their addresses at once, as kubelets would over time. */
export async function createPods(apiServer: ApiServer, members: readonly Member[]): Promise<void> {
  const inTurn = atMost(24);
  await Promise.all(members.map((member, index) => inTurn(() => createPod(apiServer, member, index))));
}

async function createPod(apiServer: ApiServer, member: Member, index: number): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const pod = await apiServer.request<object>('POST', path, podOf(member, `node-${index % nodes}`));
  await apiServer.request('PUT', `${podPath(member)}/status`, { ...pod, status: statusOf(member) });
}

/** A pod as small services have it: one container, probes, resources, a few variables. */
function podOf({ service, name }: Member, nodeName: string): object {
  const probe = { grpc: { port }, periodSeconds: 10 };
  const field = (variable: string, fieldPath: string) => ({
    name: variable,
    valueFrom: { fieldRef: { fieldPath } },
  });
  return {
    metadata: {
      name,
      generateName: `${service}-5d4f7c9b8-`,
      labels: { app: service, version: 'v1', 'pod-template-hash': '5d4f7c9b8' },
    },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'server',
          image: `registry.example.org/shop/${service}:1.0.0`,
          ports: [{ name: 'grpc', containerPort: port }],
          env: [
            field('POD_NAME', 'metadata.name'),
            field('POD_IP', 'status.podIP'),
            { name: 'LOG', value: 'info' },
          ],
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
          readinessProbe: probe,
          livenessProbe: probe,
        },
      ],
    },
  };
}

/** What a kubelet writes once a pod serves. */
function statusOf({ service, address }: Member): object {
  const at = '2026-01-01T00:00:00Z';
  const types = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  const image = `registry.example.org/shop/${service}`;
  const digest = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
  return {
    phase: 'Running',
    qosClass: 'Burstable',
    ...{
      hostIP: '10.77.9.9',
      hostIPs: [{ ip: '10.77.9.9' }],
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: at,
    },
    conditions: types.map((type) => ({ type, status: 'True', lastTransitionTime: at })),
    containerStatuses: [
      {
        ...{ name: 'server', ready: true, started: true, restartCount: 0, image: `${image}:1.0.0` },
        ...{ imageID: `${image}@${digest}`, containerID: `containerd://${digest.slice(7)}` },
        state: { running: { startedAt: at } },
      },
    ],
  };
}

/** Deletes pods without a grace time. */
export async function deletePods(apiServer: ApiServer, members: readonly Member[]): Promise<void> {
  const inTurn = atMost(24);
  await Promise.all(
    members.map((member) =>
      inTurn(() => apiServer.request('DELETE', podPath(member), { gracePeriodSeconds: 0 })),
    ),
  );
}

/** Makes a pod ready or unready, as its kubelet would. */
export async function setPodReady(apiServer: ApiServer, member: Member, ready: boolean): Promise<void> {
  const patch = { status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } };
  const type = 'application/strategic-merge-patch+json';
  await apiServer.request('PATCH', `${podPath(member)}/status`, patch, type);
}

function podPath({ name }: Member): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}
