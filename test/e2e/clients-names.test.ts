import assert from 'node:assert/strict';
import { lookup, Resolver } from 'node:dns/promises';
import { mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../../local/lib/wait.ts';
import { mustRun } from '../../local/lib/run.ts';
import { dnsAddress, workDir } from '../../local/namespace.ts';
import type { CallSummary } from '../../local/peers/calls.ts';
import {
  clientComponents,
  clientKinds,
  clientProgram,
  runClient,
  type ClientKind,
} from '../../local/peers/clients.ts';
import { addressRange } from '../../local/peers/greeter.ts';
import { createCertificateAuthority } from '../../local/servers/certificates.ts';
import { startCoreDns } from '../../local/servers/core-dns.ts';
import { freshAddress, needs } from '../support/testbed/index.ts';
import { askByUdp } from './support/dns-question.ts';
import { dnsQuestions, GreeterService, type Home } from './support/greeter-service.ts';
import { World } from './support/world.ts';

describe('names of services, in TLS and in DNS', function () {
  this.timeout(90_000);
  let home: Home;
  const services: GreeterService[] = [];

  before(async () => {
    const world = await World.create();
    const registry = await world.registry();
    home = { world, registry, namespace: await world.namespace('names') };
    await world.operator(registry);
  });
  after(async () => {
    for (const service of services) service.close();
    await home.world.dispose();
  });

  const forEachKind = (title: string, test: (kind: ClientKind) => Promise<void>): void => {
    for (const kind of clientKinds) {
      it(`${kind}: ${title}`, async function () {
        needs(this, ...clientComponents[kind]);
        await test(kind);
      });
    }
  };

  describe('over TLS', () => {
    let caFile: string;
    let foreignCaFile: string;
    let named: GreeterService;
    let otherwiseNamed: GreeterService;

    before(async () => {
      const [authority, foreign] = await Promise.all([
        createCertificateAuthority(),
        createCertificateAuthority('nobody we know'),
      ]);
      [caFile, foreignCaFile] = [authority.caFile, foreign.caFile];
      const serviceName = await authority.issue([`named.${home.namespace}.svc.cluster.local`]);
      const hostName = await authority.issue(['backend.example.org']);
      [named, otherwiseNamed] = await Promise.all([
        GreeterService.start(home, 'named', addressRange('10.77.70.1', 2), { tls: serviceName }),
        GreeterService.start(home, 'otherwise', addressRange('10.77.71.1', 2), { tls: hostName }),
      ]);
      services.push(named, otherwiseNamed);
    });

    const call = (kind: ClientKind, service: GreeterService, options: { ca?: string; authority?: string }) =>
      runClient(kind, { target: service.target, calls: 20, rate: 20, timeoutSeconds: 20, ...options });
    const allRefused = (summary: CallSummary) => assert.deepEqual(summary.codes, { 14: 20 });
    const allAnswered = (summary: CallSummary) => {
      assert.deepEqual(summary.codes, {});
      assert.equal(Object.keys(summary.servers).length, 2);
    };

    forEachKind(
      'verifies a certificate for the name of the Service, with nothing but the CA',
      async (kind) => {
        allAnswered(await call(kind, named, { ca: caFile }));
      },
    );

    forEachKind('verifies it for the name with a dot at its end, too', async (kind) => {
      const target = `dns:///${named.host}.:50051`;
      allAnswered(await runClient(kind, { target, calls: 20, rate: 20, ca: caFile }));
    });

    forEachKind('refuses a certificate for another name, and takes it by the override', async (kind) => {
      allRefused(await call(kind, otherwiseNamed, { ca: caFile }));
      allAnswered(await call(kind, otherwiseNamed, { ca: caFile, authority: 'backend.example.org' }));
    });

    forEachKind('refuses a CA that it does not know, and plain text', async (kind) => {
      allRefused(await call(kind, named, { ca: foreignCaFile }));
      allRefused(await call(kind, named, {}));
    });
  });

  describe('by the search list of a pod', () => {
    let service: GreeterService;
    let resolvConf: string;

    before(async () => {
      service = await GreeterService.start(home, 'searched', addressRange('10.77.72.1', 2));
      services.push(service);
      const search = [`${home.namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'].join(' ');
      resolvConf = join(await mkdtemp(join(workDir, 'pod-')), 'resolv.conf');
      await writeFile(resolvConf, `nameserver ${dnsAddress}\nsearch ${search}\noptions ndots:5\n`);
    });

    /** As in a pod: with the kubelet's resolv.conf, in a mount namespace of the client's own. */
    const callInPod = async (kind: ClientKind, target: string): Promise<CallSummary> => {
      const command = [...clientProgram(kind), target, '--calls', '20', '--rate', '20', '--summary'];
      const mount = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
      const args = ['-c', mount, 'sh', resolvConf, await realpath('/etc/resolv.conf'), ...command];
      return JSON.parse(await mustRun('unshare', ['--mount', 'sh', ...args])) as CallSummary;
    };

    forEachKind(
      'asks DNS four times for a whole name, twice for a short one, once with a dot at its end',
      async (kind) => {
        const short = `dns:///searched.${home.namespace}:50051`;
        const questions: number[] = [];
        for (const target of [short, service.target, `dns:///${service.host}.:50051`]) {
          const before = await dnsQuestions('A');
          const summary = await callInPod(kind, target);
          assert.deepEqual(summary.codes, {}, target);
          assert.equal(Object.keys(summary.servers).length, 2, target);
          questions.push((await dnsQuestions('A')) - before);
        }
        assert.deepEqual(questions, [2, 4, 1]);
      },
    );
  });

  describe('of large services', () => {
    let service: GreeterService;
    const addresses = addressRange('10.77.128.1', 4000);
    const publishUpTo = async (count: number) => {
      await service.register(...addresses.slice(0, count));
      await service.untilPublished();
    };

    before(async () => {
      service = new GreeterService(home, 'large');
      await service.apply();
    });

    it('28 addresses fit a plain UDP answer and 30 do not; 72 fit one of 1,232 bytes and 74 do not', async () => {
      const { host } = service;
      for (const [count, options, fits] of [
        [28, {}, true],
        [30, {}, false],
        [72, { edns: 1232 }, true],
        [74, { edns: 1232 }, false],
      ] as const) {
        await publishUpTo(count);
        const answer = await askByUdp(host, options);
        assert.equal(answer.truncated, !fits, `${count} addresses: ${JSON.stringify(answer)}`);
        if (fits) assert.equal(answer.records, count);
        else assert.ok(answer.records < count);
      }
    });

    it('4,000 come in one answer over TCP, by getaddrinfo and by c-ares', async () => {
      await publishUpTo(4000);
      const found = await lookup(service.host, { all: true });
      assert.equal(new Set(found.map(({ address }) => address)).size, 4000);
      assert.equal(new Set(await new Resolver().resolve4(service.host)).size, 4000);
    });

    it('2,300 do, of IPv6', async () => {
      const long = new GreeterService(home, 'large6');
      await long.register(
        ...Array.from({ length: 2300 }, (_, number) => `fd77::${(4096 + number).toString(16)}`),
      );
      await long.apply();
      await long.untilPublished();
      const resolver = new Resolver();
      const found = await waitFor('AAAA records', async () => {
        const answer = await resolver.resolve6(long.host);
        return answer.length >= 2300 && answer;
      });
      assert.equal(new Set(found).size, 2300);
    });
  });

  it('a CoreDNS that caches keeps "no such name" and old addresses for its TTL of 5 s, no longer', async () => {
    const { kubeconfigFile } = home.world.cluster;
    const server = freshAddress();
    const caching = await startCoreDns({ kubeconfigFile, address: server, cacheClusterDomain: true });
    try {
      const service = new GreeterService(home, 'cached');
      const [first = '', second = ''] = addressRange('10.77.73.1', 2);
      const ask = () => askByUdp(service.host, { server });
      const untilLast = async (address: string) => {
        const since = Date.now();
        await waitFor(`${address} from the cache`, async () => (await ask()).lastAddress === address);
        return Date.now() - since;
      };
      // CoreDNS says that it is ready a moment before it listens.
      const noSuchName = await waitFor('the second CoreDNS to answer', ask);
      assert.equal(noSuchName.code, 3);
      await service.register(first);
      await service.apply();
      await service.untilPublished();
      assert.ok((await untilLast(first)) <= 7000);
      await service.register(second);
      await service.withdraw('DOWN', first);
      assert.ok((await untilLast(second)) <= 7000);
    } finally {
      await caching.dispose();
    }
  });
});
