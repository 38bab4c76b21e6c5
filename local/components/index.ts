import { join } from 'node:path';
import { atMost } from '../lib/limit.ts';
import type { Progress } from '../lib/progress.ts';
import { cached, ensure } from './cache.ts';
import { canal } from './canal.ts';
import { Unavailable, type Component } from './component.ts';
import { coreDns, etcd, kubernetes } from './control-plane.ts';
import { mariadb, mysql } from './databases.ts';
import { grpcGoClient, grpcJavaClient, grpcPythonClient } from './grpc-clients.ts';
import { envoy, xdsReference } from './xds.ts';

/** Everything the local cluster and its tests run; the order is the order of building. */
export const components = {
  etcd,
  kubernetes,
  coreDns,
  mariadb,
  mysql,
  grpcGoClient,
  grpcPythonClient,
  grpcJavaClient,
  canal,
  envoy,
  xdsReference,
} as const;

/** The name of a component. */
export type ComponentName = keyof typeof components;

/** Whether a component can be used, and if not, why. */
export type Availability = { readonly folder: string } | { readonly unavailable: string };

/**
 * Fills the cache. Throws {@link Unavailable} when a required component cannot be had; gives the reasons of the others.
 */
export async function prepare(
  progress: Progress,
  names = Object.keys(components) as ComponentName[],
): Promise<ReadonlyMap<ComponentName, string>> {
  const cpu = atMost(2);
  const reasons = new Map<ComponentName, string>();
  const failures: Unavailable[] = [];
  await Promise.all(
    names.map(async (name) => {
      const component: Component = components[name];
      const work = () => ensure(component, progress);
      try {
        await (component.kind === 'cpu' ? cpu(work) : work());
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        if (component.required) failures.push(error);
        reasons.set(name, error.message);
        progress.say(`${component.name} is not available: ${error.message}`);
      }
    }),
  );
  if (failures[0]) throw failures[0];
  return reasons;
}

/** Whether a component is in the cache; looks only, so it works inside the namespace, where nothing can be fetched. */
export function availability(name: ComponentName): Availability {
  try {
    return { folder: cached(components[name]) };
  } catch (error) {
    if (error instanceof Unavailable) return { unavailable: error.message };
    throw error;
  }
}

/** The path of a program in the cache. Throws {@link Unavailable}. */
export function program(name: ComponentName, file: string): string {
  return join(cached(components[name]), file);
}

/** The folders with programs for people: kubectl, SQL clients, ... */
export function programFolders(): string[] {
  const folders = [
    ['kubernetes', '.'],
    ['mariadb', 'programs'],
    ['mysql', 'programs'],
    ['grpcGoClient', '.'],
  ] as const;
  return folders.flatMap(([name, sub]) => {
    const found = availability(name);
    return 'folder' in found ? [join(found.folder, sub)] : [];
  });
}
