import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Cluster } from '../../local/cluster.ts';
import { availability } from '../../local/components/index.ts';
import type { DatabaseServer } from '../../local/servers/database.ts';
import { apiClients } from '../../src/app/api-clients.ts';
import { examineRegistry } from '../../src/cli/doctor/examine.ts';
import type { DoctorReport, FeedReport } from '../../src/cli/doctor/report.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { RegistrySpec } from '../../src/model/registry.ts';
import type { FeedProblem } from '../../src/registry/feed-problem.ts';
import { checkout } from './manifests.ts';
import { testbed } from './testbed/index.ts';

export const NAMESPACE = 'doctor';
const MAIN = join(checkout, 'src/main.ts');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of rollcall as a person does. */
export async function rollcall(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: {} });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

let started: Promise<DoctorBench> | null = null;

/** Registries in a real API server for `rollcall doctor` to look at. */
export class DoctorBench {
  readonly cluster: Cluster;
  #names = 0;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** The same one for all suites of a process; with it, at the same time, the databases are started that its Registries name. */
  static async start(): Promise<DoctorBench> {
    const mysql = 'folder' in availability('mysql') ? testbed.mysql() : null;
    started ??= Promise.all([DoctorBench.#start(), testbed.mariadb(), mysql]).then(([bench]) => bench);
    return await started;
  }

  static async #start(): Promise<DoctorBench> {
    const cluster = await testbed.cluster();
    const crd = join(checkout, 'crds/registries.rollcall.dev.yaml');
    await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', crd]);
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', crd]);
    const found = await cluster.kubectl(['get', 'namespace', NAMESPACE, '--ignore-not-found', '-o', 'name']);
    if (found === '') await cluster.createNamespace(NAMESPACE);
    return new DoctorBench(cluster);
  }

  /** Applies a Registry and the Secret of its login; answers its name. */
  async registry(
    server: Pick<DatabaseServer, 'address' | 'port'>,
    database: string,
    login: { readonly user: string; readonly password: string },
    spec: Partial<RegistrySpec> = {},
  ): Promise<string> {
    const name = `registry-${(this.#names += 1)}`;
    await this.secret(name, { username: login.user, password: login.password });
    const { address: host, port } = server;
    const mysql = { host, port, database, credentialsSecretRef: { name } };
    await this.#apply('/apis/rollcall.dev/v1alpha1', 'Registry', 'registries', name, {
      spec: { mysql, ...spec },
    });
    return name;
  }

  async secret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    await this.#apply('/api/v1', 'Secret', 'secrets', name, { stringData });
  }

  async #apply(group: string, kind: string, plural: string, name: string, rest: object): Promise<void> {
    const apiVersion = group.replace(/^\/apis?\//, '');
    const path = `${group}/namespaces/${NAMESPACE}/${plural}/${name}?fieldManager=doctor-bench&force=true`;
    const body = { apiVersion, kind, metadata: { name, namespace: NAMESPACE }, ...rest };
    await this.cluster.request('PATCH', path, body, 'application/apply-patch+yaml');
  }

  /** What the command finds, without a process of its own. */
  async examine(name: string, timeoutMs = 5000): Promise<DoctorReport> {
    const [clock, random] = [systemClock, Math.random];
    const clients = await apiClients({
      kubeconfig: this.cluster.kubeconfigFile,
      apiServer: { host: undefined, port: undefined },
      ...{ version: 'test', clock, random },
    });
    try {
      return await examineRegistry(
        {
          registry: { namespace: NAMESPACE, name },
          ...{ kubeconfig: null, feed: null, output: 'json', timeoutMs },
        },
        { ...clients, serviceAccount: null, clock, random },
        AbortSignal.timeout(30_000),
      );
    } finally {
      await clients.close();
    }
  }
}

/** All that is wrong with the database, and with the feeds that are named. */
export function problemsOf(report: DoctorReport, ...feeds: readonly string[]): readonly FeedProblem[] {
  const ofDatabase = report.database.map(({ problem }) => problem).filter((problem) => problem !== null);
  const asked = report.feeds.filter(({ feed }) => feeds.includes(feed));
  return [...ofDatabase, ...asked.flatMap(({ problems }) => problems)];
}

/** The reasons of these problems, once each and in order of the alphabet. */
export function reasonsOf(problems: readonly FeedProblem[]): readonly string[] {
  return [...new Set(problems.map(({ reason }) => reason))].sort();
}

export function feedOf(report: DoctorReport, name: string): FeedReport {
  const found = report.feeds.find(({ feed }) => feed === name);
  assert.ok(found, `${name} was looked at`);
  return found;
}
