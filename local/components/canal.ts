import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localDir } from './cache.ts';
import type { Component } from './component.ts';
import { copyDependencies, javaBuild } from './java.ts';

const canalVersion = '1.1.7';
const sources = ['pom.xml', 'CanalLauncher.java', 'logback.xml'].map((file) => `java/canal/${file}`);

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
    const [pom = '', launcher = '', logback = ''] = sources;
    await javaBuild(pom, launcher, folder, task);
    await copyFile(join(localDir, logback), join(folder, 'classes/logback.xml'));
  },
};
