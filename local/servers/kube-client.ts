import { Agent, request } from 'undici';
import type { KubeAccess } from './kubeconfig.ts';

/** The API server answered with a status other than 2xx. */
export class KubeRequestFailed extends Error {
  override readonly name = 'KubeRequestFailed';
  readonly status: number;
  /** The whole answer; the message has its beginning only. */
  readonly body: string;

  constructor(method: string, path: string, status: number, body: string) {
    super(`${method} ${path}: ${status} ${body.slice(0, 500)}`);
    this.status = status;
    this.body = body;
  }
}

/** Plain JSON requests to an API server, for set-up and checks in tests. */
export interface KubeClient {
  /** Throws {@link KubeRequestFailed}. A string is sent as it is, anything else as JSON. */
  readonly request: <T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** A client with connections of its own. */
export function kubeClient({ server, ca, token }: KubeAccess): KubeClient {
  const dispatcher = new Agent({ connect: { ca } });
  return {
    request: async <T>(method: string, path: string, body?: unknown, contentType = 'application/json') => {
      const response = await request(server + path, {
        method: method as 'GET',
        dispatcher,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': contentType,
          accept: 'application/json',
        },
        body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.body.text();
      if (response.statusCode >= 300) throw new KubeRequestFailed(method, path, response.statusCode, text);
      return (/^[[{"]/.test(text) ? JSON.parse(text) : text) as T;
    },
    close: () => dispatcher.destroy(),
  };
}
