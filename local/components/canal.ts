import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, onPath } from '../lib/run.ts';
import { localDir } from './cache.ts';
import { Unavailable, type Component } from './component.ts';

const canalVersion = '1.1.7';
const sources = ['pom.xml', 'CanalLauncher.java', 'logback.xml'].map((file) => `java/canal/${file}`);
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** The class path of a canal component, in its folder. */
export const canalClassPath = ['classes', 'lib/*'];

/**
 * A real canal-server: com.alibaba.otter:canal.server with all that it needs from Maven Central, and a launcher of our own, because the one
 * that Canal ships is not on Central. It follows MariaDB, and MySQL before 8.4.
 */
export const canal: Component = {
  name: 'canal',
  version: canalVersion,
  recipe: { files: sources, words: [copyDependencies] },
  required: false,
  kind: 'network',
  make: async (folder, task) => {
    for (const [tool, what] of [
      ['javac', 'a JDK 11 or later'],
      ['mvn', 'Maven'],
    ] as const) {
      if (!(await onPath(tool)))
        throw new Unavailable(
          `canal-server is a Java program from Maven Central, and there is no ${tool}: install ${what} (apt-get install default-jdk-headless maven).`,
        );
    }
    const [pom = '', launcher = '', logback = ''] = sources.map((file) => join(localDir, file));
    const [classes, lib] = [join(folder, 'classes'), join(folder, 'lib')];
    await mkdir(classes);
    task.update('downloading the jars');
    const quiet = ['--batch-mode', '--quiet', '--no-transfer-progress'];
    await mustRun('mvn', [
      ...quiet,
      '--file',
      pom,
      copyDependencies,
      `-DoutputDirectory=${lib}`,
      '-DincludeScope=runtime',
    ]);
    task.update('compiling the launcher');
    await mustRun('javac', ['-nowarn', '-d', classes, '-cp', `${lib}/*`, launcher]);
    await copyFile(logback, join(classes, 'logback.xml'));
  },
};
