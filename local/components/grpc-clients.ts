import { mustRun, onPath } from '../lib/run.ts';
import { Unavailable, type Component } from './component.ts';
import { goBuild, goRecipe, type GoBuild } from './go.ts';
import { copyDependencies, javaBuild } from './java.ts';

const grpcioVersion = '1.85.1';
const grpcJavaVersion = '1.85.1';
const javaSources = ['java/grpc/pom.xml', 'java/grpc/GreeterClient.java'] as const;
const goClientBuild: GoBuild = { module: 'grpcclient', binaries: { '.': 'greeter-client-go' } };

/** The greeter client on grpc-go. */
export const grpcGoClient: Component = {
  name: 'grpc-go-client',
  version: '2',
  recipe: goRecipe(goClientBuild, ['main.go']),
  required: false,
  kind: 'cpu',
  make: (folder, task) => goBuild(goClientBuild, folder, task),
};

/** A Python environment with grpcio, for local/peers/greeter_client.py. */
export const grpcPythonClient: Component = {
  name: 'grpc-python',
  version: grpcioVersion,
  recipe: { files: [], words: [grpcioVersion] },
  required: false,
  kind: 'network',
  make: async (folder, task) => {
    if (!(await onPath('python3')))
      throw new Unavailable('there is no python3: install Python 3.9 or later with venv.');
    task.update('creating an environment');
    await mustRun('python3', ['-m', 'venv', folder]);
    task.update('installing grpcio');
    const args = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', `grpcio==${grpcioVersion}`];
    await mustRun(`${folder}/bin/python3`, args);
  },
};

/** The greeter client on grpc-java, with its xDS. */
export const grpcJavaClient: Component = {
  name: 'grpc-java-client',
  version: grpcJavaVersion,
  recipe: { files: javaSources, words: [copyDependencies] },
  required: false,
  kind: 'network',
  make: (folder, task) => javaBuild(...javaSources, folder, task),
};
