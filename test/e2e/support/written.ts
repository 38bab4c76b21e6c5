import type { KubeObject } from '../../../src/model/kube-objects.ts';
import type { World } from './world.ts';

/** Requests of these verbs change something. */
const WRITES = ['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION'];

/** How many writes to a resource the API server has answered since it started, by its own count, refused ones included. */
export async function writesTo(world: World, ...resources: readonly string[]): Promise<number> {
  const text = await world.cluster.request<string>('GET', '/metrics');
  const counts = text.split('\n').flatMap((line) => {
    if (!line.startsWith('apiserver_request_total{')) return [];
    const label = (name: string): string => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? '';
    const counts = WRITES.includes(label('verb')) && resources.includes(label('resource'));
    return counts ? [Number(line.slice(line.lastIndexOf(' ') + 1))] : [];
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The versions of objects by name: what is equal twice was not written in between. */
export function versions(objects: readonly (KubeObject | undefined)[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objects.flatMap((object) =>
      object === undefined ? [] : [[object.metadata.name, object.metadata.resourceVersion ?? '']],
    ),
  );
}
