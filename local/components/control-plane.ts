import { copyFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from '../lib/progress.ts';
import { type Component, Unavailable } from './component.ts';
import { download, goArch, type Release } from './download.ts';
import { goBuild, goRecipe, type GoBuild } from './go.ts';

const etcdVersion = 'v3.6.14';
const kubernetesVersion = 'v1.35.4';
const coreDnsVersion = '1.15.0';

const etcdBuild: GoBuild = { module: 'etcd', binaries: { 'go.etcd.io/etcd/server/v3': 'etcd' } };

const kubernetesBuild: GoBuild = {
  module: 'kubernetes',
  binaries: {
    'k8s.io/kubernetes/cmd/kube-apiserver': 'kube-apiserver',
    'k8s.io/kubernetes/cmd/kube-controller-manager': 'kube-controller-manager',
    'k8s.io/kubernetes/cmd/kubectl': 'kubectl',
  },
  variables: {
    'k8s.io/component-base/version.gitVersion': kubernetesVersion,
    'k8s.io/component-base/version.gitMajor': '1',
    'k8s.io/component-base/version.gitMinor': '35',
  },
};

const coreDnsBuild: GoBuild = { module: 'coredns', binaries: { 'github.com/coredns/coredns': 'coredns' } };

const etcdReleases = `https://github.com/etcd-io/etcd/releases/download/${etcdVersion}`;
const kubernetesReleases = `https://dl.k8s.io/release/${kubernetesVersion}/bin/linux/${goArch}`;
const coreDnsReleases = `https://github.com/coredns/coredns/releases/download/v${coreDnsVersion}`;

export const etcd: Component = {
  ...goComponent('etcd', etcdVersion, etcdBuild, [
    {
      url: `${etcdReleases}/etcd-${etcdVersion}-linux-${goArch}.tar.gz`,
      checksumUrl: `${etcdReleases}/SHA256SUMS`,
      member: `etcd-${etcdVersion}-linux-${goArch}/etcd`,
      binary: 'etcd',
    },
  ]),
};

export const kubernetes = goComponent(
  'kubernetes',
  kubernetesVersion,
  kubernetesBuild,
  Object.values(kubernetesBuild.binaries).map((binary) => ({
    url: `${kubernetesReleases}/${binary}`,
    checksumUrl: `${kubernetesReleases}/${binary}.sha256`,
    binary,
  })),
);

export const coreDns = goComponent('coredns', coreDnsVersion, coreDnsBuild, [
  {
    url: `${coreDnsReleases}/coredns_${coreDnsVersion}_linux_${goArch}.tgz`,
    checksumUrl: `${coreDnsReleases}/coredns_${coreDnsVersion}_linux_${goArch}.tgz.sha256`,
    member: 'coredns',
    binary: 'coredns',
  },
]);

/**
 * A component that Go builds from source. Without Go, each binary comes from KUBEBUILDER_ASSETS (the folder of
 * controller-tools' envtest binaries) or, failing that, from its project's releases.
 */
function goComponent(name: string, version: string, build: GoBuild, releases: readonly Release[]): Component {
  return {
    name,
    version,
    recipe: goRecipe(build),
    required: true,
    kind: 'cpu',
    make: async (folder, task) => {
      try {
        await goBuild(build, folder, task);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await fetchBinaries(name, releases, folder, task, error.message);
      }
    },
  };
}

async function fetchBinaries(
  name: string,
  releases: readonly Release[],
  folder: string,
  task: Task,
  whyNotBuilt: string,
): Promise<void> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  try {
    for (const release of releases) {
      const ready = assets && join(assets, release.binary);
      if (ready && existsSync(ready)) await copyFile(ready, join(folder, release.binary));
      else await download(release, folder, task);
    }
  } catch (cause) {
    const whyNotFetched = cause instanceof Error ? cause.message : String(cause);
    throw new Unavailable(
      `${name} can be neither built (${whyNotBuilt}) nor fetched (${whyNotFetched}): install Go 1.26 or later, or set KUBEBUILDER_ASSETS to a folder with ${releases.map(({ binary }) => binary).join(', ')}.`,
      { cause },
    );
  }
}
