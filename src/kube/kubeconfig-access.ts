import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../lib/clock.ts';
import { RetryableError, TerminalError } from '../lib/errors.ts';
import type { ApiAccess, Credentials, TlsMaterial } from './api-access.ts';
import { parseKubeconfig, type ExecPlugin, type Kubeconfig } from './kubeconfig.ts';
import { RotatingFiles } from './rotating-files.ts';

/** Access by the current context of a kubeconfig: certificates, tokens, token files and exec plugins. Throws TerminalError when the file is unusable. */
export async function kubeconfigAccess(path: string, clock: Clock): Promise<ApiAccess> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    throw new TerminalError('InvalidKubeconfig', `${path} cannot be read`, { cause });
  }
  return new KubeconfigAccess(await parseKubeconfig(content, path), clock);
}

class KubeconfigAccess implements ApiAccess {
  readonly server: URL;
  readonly proxyUrl: string | undefined;
  readonly namespace: string | undefined;
  readonly #config: Kubeconfig;
  readonly #files: RotatingFiles<Credentials>;
  #exec: ExecAuth;

  constructor(config: Kubeconfig, clock: Clock) {
    this.#config = config;
    this.server = new URL(config.cluster.server);
    this.proxyUrl = config.cluster['proxy-url'];
    this.namespace = config.namespace;
    this.#exec = new ExecAuth();
    const { user, cluster } = config;
    const paths = [
      cluster['certificate-authority'],
      user['client-certificate'],
      user['client-key'],
      user.tokenFile,
    ];
    const present = paths.filter((each) => each !== undefined);
    this.#files = new RotatingFiles(
      present,
      (contents) =>
        credentialsOf(config, new Map(present.map((each, index) => [each, contents[index] ?? '']))),
      clock,
    );
  }

  async credentials(): Promise<Credentials> {
    let fromFiles: Credentials;
    try {
      fromFiles = await this.#files.current();
    } catch (cause) {
      throw new RetryableError('the files that the kubeconfig names cannot be read', { cause });
    }
    const { exec } = this.#config.user;
    return exec ? this.#withPlugin(exec, fromFiles) : fromFiles;
  }

  rejected(): void {
    this.#files.expire();
    this.#exec = new ExecAuth();
  }

  /** The plugin's answer is kept by ExecAuth until it expires. */
  async #withPlugin(exec: ExecPlugin, fromFiles: Credentials): Promise<Credentials> {
    const options: { headers: Record<string, string>; cert?: string; key?: string } = { headers: {} };
    const info = { kind: 'ExecCredential', apiVersion: exec.apiVersion, spec: { interactive: false } };
    const env = [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }];
    try {
      const user = { name: this.#config.userName, exec: { ...exec, args: exec.args ?? [], env } };
      await this.#exec.applyAuthentication(user, options);
    } catch (cause) {
      throw new RetryableError(`the credential plugin ${exec.command} failed`, { cause });
    }
    const { headers, cert, key } = options;
    return {
      headers: { ...fromFiles.headers, ...headers },
      tls: { ...fromFiles.tls, ...withoutUndefined({ cert, key }) },
    };
  }
}

function credentialsOf({ cluster, user }: Kubeconfig, files: ReadonlyMap<string, string>): Credentials {
  const content = (file: string | undefined, data: string | undefined): string | undefined =>
    file === undefined ? data && Buffer.from(data, 'base64').toString('utf8') : files.get(file);
  const tls: TlsMaterial = withoutUndefined({
    ca: content(cluster['certificate-authority'], cluster['certificate-authority-data']),
    cert: content(user['client-certificate'], user['client-certificate-data']),
    key: content(user['client-key'], user['client-key-data']),
    servername: cluster['tls-server-name'],
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] === true ? false : undefined,
  });
  const token = user.token ?? (user.tokenFile && files.get(user.tokenFile)?.trim());
  const basic =
    user.username && Buffer.from(`${user.username}:${user.password ?? ''}`, 'utf8').toString('base64');
  const headers: Credentials['headers'] = withoutUndefined({
    authorization: token ? `Bearer ${token}` : basic && `Basic ${basic}`,
    ...impersonation(user),
  });
  return { headers, tls };
}

/**
 * Whom to act as: a user, its uid, its groups and extra fields, each value in a header of its own
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation).
 */
function impersonation(user: Kubeconfig['user']): Record<string, string | string[] | undefined> {
  const extra = Object.entries(user['as-user-extra'] ?? {}).map(
    ([key, values]) => [`impersonate-extra-${escaped(key)}`, values] as const,
  );
  return {
    'impersonate-user': user.as,
    'impersonate-uid': user['as-uid'],
    'impersonate-group': user['as-groups'] ?? undefined,
    ...Object.fromEntries(extra),
  };
}

/** A key of extra fields as part of a header's name: what no name may hold is percent-encoded, byte by byte, as client-go does. */
function escaped(key: string): string {
  return Array.from(Buffer.from(key, 'utf8'), (byte) => {
    const char = String.fromCharCode(byte);
    return /[!#$&'*+.^_`|~0-9A-Za-z-]/.test(char)
      ? char
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** exactOptionalPropertyTypes: a field that is not there must be left out. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
