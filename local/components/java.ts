import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from '../lib/progress.ts';
import { mustRun, onPath } from '../lib/run.ts';
import { localDir } from './cache.ts';
import { Unavailable } from './component.ts';

/** What brings the jars of a pom.xml. */
export const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** The class path of a component that {@link javaBuild} made, in its folder. */
export const javaClassPath = ['classes', 'lib/*'];

/** Fetches the jars of a pom.xml from Maven Central and compiles one class with them; both files are relative to local/. Throws {@link Unavailable}. */
export async function javaBuild(pom: string, source: string, folder: string, task: Task): Promise<void> {
  for (const [tool, what] of [
    ['javac', 'a JDK 11 or later'],
    ['mvn', 'Maven'],
  ] as const) {
    if (!(await onPath(tool)))
      throw new Unavailable(
        `it is a Java program with jars from Maven Central, and there is no ${tool}: install ${what} (apt-get install default-jdk-headless maven).`,
      );
  }
  const [classes, lib] = [join(folder, 'classes'), join(folder, 'lib')];
  await mkdir(classes);
  task.update('downloading the jars');
  const quiet = ['--batch-mode', '--quiet', '--no-transfer-progress'];
  const from = ['--file', join(localDir, pom)];
  await mustRun('mvn', [
    ...quiet,
    ...from,
    copyDependencies,
    `-DoutputDirectory=${lib}`,
    '-DincludeScope=runtime',
  ]);
  task.update('compiling');
  await mustRun('javac', ['-nowarn', '-d', classes, '-cp', `${lib}/*`, join(localDir, source)]);
}
