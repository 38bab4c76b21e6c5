import { writeFile } from 'node:fs/promises';

/** Who talks to which API server. */
export interface KubeAccess {
  readonly server: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
  readonly token: string;
  readonly namespace?: string;
}

/** Writes a kubeconfig file for one user of one cluster. */
export async function writeKubeconfig(file: string, access: KubeAccess): Promise<string> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'local',
        cluster: {
          server: access.server,
          'certificate-authority-data': Buffer.from(access.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'user', user: { token: access.token } }],
    contexts: [
      {
        name: 'local',
        context: { cluster: 'local', user: 'user', namespace: access.namespace ?? 'default' },
      },
    ],
    'current-context': 'local',
  };
  await writeFile(file, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return file;
}
