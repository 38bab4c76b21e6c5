import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { RetryableError } from '../lib/errors.ts';
import type { ApiAccess, Credentials, TlsMaterial } from './api-access.ts';
import { RotatingFiles } from './rotating-files.ts';

/** Where the kubelet mounts the ServiceAccount of a pod. */
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT of the pod's environment. */
  readonly host: string;
  readonly port: string;
  /** Default {@link SERVICE_ACCOUNT_FOLDER}. */
  readonly folder?: string;
  readonly clock: Clock;
}

/** Access by the pod's own ServiceAccount. The token and the CA are read again as the kubelet renews them. */
export function inClusterAccess(options: InClusterOptions): ApiAccess {
  const folder = options.folder ?? SERVICE_ACCOUNT_FOLDER;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const tls = new RotatingFiles<TlsMaterial>(
    [join(folder, 'ca.crt')],
    ([ca = '']) => ({ ca }),
    options.clock,
  );
  const headers = new RotatingFiles(
    [join(folder, 'token')],
    ([token = '']) => ({ authorization: `Bearer ${token.trim()}` }),
    options.clock,
  );
  return {
    server: new URL(`https://${host}:${options.port}`),
    proxyUrl: undefined,
    namespace: undefined,
    credentials: async (): Promise<Credentials> => {
      try {
        return { tls: await tls.current(), headers: await headers.current() };
      } catch (cause) {
        throw new RetryableError(`the ServiceAccount in ${folder} cannot be read`, { cause });
      }
    },
    rejected: () => {
      tls.expire();
      headers.expire();
    },
  };
}
