import { setTimeout as sleep } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import type { KubeAccess } from '../servers/kubeconfig.ts';

/** An object as far as the demonstration reads it. */
export interface WatchedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly ownerReferences?: readonly { readonly name: string }[];
  };
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: WatchedObject;
}

/**
 * Follows the objects of a collection (LIST, then WATCH; again when that ends) until `signal` is aborted, and tells of
 * all of them after every change, at the moment it arrives.
 */
export async function watchObjects(
  { server, ca, token }: KubeAccess,
  path: string,
  onChange: (objects: readonly WatchedObject[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const dispatcher = new Agent({ connect: { ca }, bodyTimeout: 0 });
  const get = async (query = '') => {
    const url = `${server}${path}${path.includes('?') ? '&' : '?'}${query}`;
    const response = await request(url, {
      dispatcher,
      signal,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    });
    if (response.statusCode === 200) return response.body;
    throw new Error(`${url}: ${response.statusCode} ${await response.body.text()}`);
  };
  while (!signal.aborted) {
    try {
      const list = (await (await get()).json()) as {
        metadata: { resourceVersion: string };
        items: WatchedObject[];
      };
      const objects = new Map(list.items.map((object) => [object.metadata.uid, object]));
      onChange([...objects.values()]);
      const stream = await get(`watch=true&resourceVersion=${list.metadata.resourceVersion}`);
      for await (const line of createInterface({ input: stream })) {
        const event = JSON.parse(line) as WatchEvent;
        if (event.type === 'ERROR') break;
        if (event.type === 'BOOKMARK') continue;
        if (event.type === 'DELETED') objects.delete(event.object.metadata.uid);
        else objects.set(event.object.metadata.uid, event.object);
        onChange([...objects.values()]);
      }
    } catch (error) {
      // The API server is away, or was killed from the shell inside: what was seen last stays on the screen.
      await sleep(500, error, { signal }).catch(() => undefined);
    }
  }
  await dispatcher.destroy();
}
