import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { glob, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { startCluster, type Cluster } from '../../local/cluster.ts';
import { CommandFailed, run, type RunResult } from '../../local/lib/run.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { ServerProcess } from '../../local/servers/server-process.ts';
import {
  buildImage,
  contextSources,
  imageConfig,
  notIgnored,
  parseDockerfile,
  type Stage,
} from '../support/dockerfile.ts';
import { checkout } from '../support/manifests.ts';
import { skipBecause } from '../support/skip.ts';
import { freshAddress, testbed } from '../support/testbed/index.ts';

const minutes = 60_000;

describe("the image, by the Dockerfile's own steps", function () {
  this.timeout(5 * minutes);
  let folder: string;
  let image: string;
  let stages: Stage[];
  let cluster: Cluster | undefined;

  before(async function () {
    stages = parseDockerfile(await readFile(join(checkout, 'Dockerfile'), 'utf8'));
    folder = await mkdtemp(join(tmpdir(), 'rollcall-image-'));
    try {
      image = await buildImage(stages, {
        context: checkout,
        folder,
        node: process.execPath,
        env: {
          PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
          // Nothing leaves the namespace: the packages are those that the checkout was installed from.
          npm_config_offline: 'true',
        },
      });
    } catch (error) {
      if (
        error instanceof CommandFailed &&
        (error.result.stderr + error.result.stdout).includes('ENOTCACHED')
      ) {
        skipBecause(
          this,
          "npm's cache lacks some of the packages: run npm ci once in an empty copy of the checkout",
        );
      }
      throw error;
    }
  });

  after(async () => {
    await cluster?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('holds the built code, its production dependencies, and nothing else', async () => {
    assert.deepEqual((await readdir(join(image, 'app'))).sort(), [
      'LICENSE',
      'dist',
      'node_modules',
      'package.json',
    ]);
    const { devDependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const { packages } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean }>;
    };
    const onlyDev = Object.keys(devDependencies).filter(
      (name) => packages[`node_modules/${name}`]?.dev === true,
    );
    assert.ok(onlyDev.includes('node') && onlyDev.includes('typescript'));
    for (const name of onlyDev) assert.ok(!existsSync(join(image, 'app/node_modules', name)), name);
    for await (const file of glob('app/dist/**/*', { cwd: image })) {
      assert.ok(!/\.ts$|test/.test(file), file);
    }
  });

  it('belongs to root, and its user may change nothing in it', async () => {
    assert.equal(imageConfig(stages).user, '65532:65532');
    for await (const file of glob('app/{*,dist/**}', { cwd: image })) {
      const { mode, uid } = await stat(join(image, file));
      assert.ok(uid === process.getuid?.() && (mode & 0o002) === 0, file);
    }
  });

  it('the .dockerignore lets through what the Dockerfile copies, and no more', async () => {
    const through = await notIgnored(join(checkout, '.dockerignore'));
    assert.deepEqual([...new Set(contextSources(stages))].sort(), through.sort());
  });

  describe('started as uid 65532 on a read-only tree that holds no program but node', () => {
    before(function () {
      const mapped = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
      if (process.getuid?.() !== 0 || Number(mapped[2]) < 65_533) {
        skipBecause(this, 'only root can start a process as another user (here only one user is mapped)');
      }
    });

    it('cannot write', async () => {
      const [node = ''] = imageConfig(stages).entrypoint;
      const script = `console.log(process.getuid(), process.getgid()); require('fs').writeFileSync('/app/x', '')`;
      const { code, stdout, stderr } = await inImage([node, '-e', script]);
      assert.equal(stdout, '65532 65532\n');
      assert.notEqual(code, 0);
      assert.match(stderr, /EROFS|EACCES/);
    });

    it('shows its version', async () => {
      const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
        version: string;
      };
      assert.deepEqual(await rollcall('--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
    });

    it('shows its help', async () => {
      const { code, stdout } = await rollcall('--help');
      assert.equal(code, 0);
      for (const command of ['operator', 'migrate']) assert.match(stdout, new RegExp(`^ +${command} `, 'm'));
    });

    it('says clearly what the operator lacks outside a cluster, and ends', async () => {
      const { code, stdout, stderr } = await rollcall('operator');
      assert.equal(code, 2);
      assert.match(stdout + stderr, /--namespace/);
      assert.doesNotMatch(stdout + stderr, /\bat .*\.(js|ts):\d+/);
    });

    it('migrates a real database', async () => {
      const database = await testbed.database('image');
      try {
        const { code, stdout, stderr } = await rollcall('migrate', '--url', database.url);
        assert.equal(code, 0, stdout + stderr);
        const tables = await database.query<Record<string, string>>('SHOW TABLES');
        assert.ok(tables.flatMap((row) => Object.values(row)).includes('instances'));
      } finally {
        await database.drop();
      }
    });

    it('becomes ready on a real cluster under the ServiceAccount of deploy/, and ends cleanly on SIGTERM', async () => {
      cluster = await startCluster({ address: freshAddress(), coreDns: false, controllerManager: false });
      await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', `${checkout}/crds`]);
      await cluster.kubectl([
        'wait',
        '--for=condition=Established',
        'crd',
        '-l',
        'app.kubernetes.io/name=rollcall',
      ]);
      await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-k', `${checkout}/deploy/base`]);
      const { apiServer } = cluster;
      const account = { namespace: 'rollcall-system', name: 'rollcall' };
      await mountServiceAccount(
        account.namespace,
        await apiServer.serviceAccountToken(account),
        apiServer.ca,
      );
      const address = freshAddress();
      const { hostname, port } = new URL(apiServer.url);
      const operator = await ServerProcess.start({
        name: 'operator-image',
        ...commandInImage([...imageConfig(stages).entrypoint, 'operator'], {
          KUBERNETES_SERVICE_HOST: hostname,
          KUBERNETES_SERVICE_PORT: port,
          ROLLCALL_METRICS_ADDRESS: `${address}:8080`,
          ROLLCALL_HEALTH_ADDRESS: `${address}:8081`,
        }),
        isReady: async () => (await fetch(`http://${address}:8081/readyz`)).ok,
      });
      try {
        const metrics = await (await fetch(`http://${address}:8080/metrics`)).text();
        assert.match(metrics, /^rollcall_build_info/m);
        const text = await waitFor('the operator to lead', async () => {
          const body = await (await fetch(`http://${address}:8080/metrics`)).text();
          return /^leader_election_master_status\S* 1$/m.test(body) && body;
        });
        assert.match(text, /^rest_client_requests_total/m);
      } finally {
        await operator.stop();
      }
      const lease = await cluster.request<{ spec: { holderIdentity: string } }>(
        'GET',
        '/apis/coordination.k8s.io/v1/namespaces/rollcall-system/leases/rollcall',
      );
      assert.equal(lease.spec.holderIdentity, '', 'it gave its Lease back');
    });
  });

  /** What the kubelet mounts into a pod. */
  const mountServiceAccount = async (namespace: string, token: string, ca: string): Promise<void> => {
    const target = join(image, 'var/run/secrets/kubernetes.io/serviceaccount');
    await mkdir(target, { recursive: true });
    for (const [file, text] of Object.entries({ namespace, token, 'ca.crt': ca })) {
      await writeFile(join(target, file), text, { mode: 0o644 });
    }
  };

  const rollcall = async (...args: readonly string[]): Promise<RunResult> =>
    await inImage([...imageConfig(stages).entrypoint, ...args]);

  const inImage = async (command: readonly string[]): Promise<RunResult> => {
    const { command: program, args } = commandInImage(command);
    return await run(program, args);
  };

  /**
   * A command on the image's tree, in a mount namespace of its own: the tree read-only, with nothing from this machine but
   * the C library, /proc, /dev and /etc, and the user of the image.
   */
  const commandInImage = (command: readonly string[], podEnv: Readonly<Record<string, string>> = {}) => {
    const { user, env } = imageConfig(stages);
    const variables = Object.entries({ ...env, ...podEnv }).map(([name, value]) => `'${name}=${value}'`);
    const script = [
      'set -e; root=$1; user=$2; shift 2; PATH="$PATH:/usr/sbin:/sbin"; chroot=$(command -v chroot)',
      'mount --bind "$root" "$root"',
      'for folder in lib lib64 usr/lib proc dev etc; do',
      '  [ -e "/$folder" ] || continue',
      '  mkdir -p "$root/$folder"; mount --rbind "/$folder" "$root/$folder"',
      'done',
      'mount -o remount,bind,ro "$root"',
      `cd "$root"; exec env -i ${variables.join(' ')} "$chroot" --userspec="$user" "$root" "$@"`,
    ].join('\n');
    return {
      command: 'unshare',
      args: ['--mount', 'sh', '-c', script, 'sh', image, user, ...command],
    };
  };
});
