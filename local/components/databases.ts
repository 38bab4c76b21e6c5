import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../lib/run.ts';
import { unpackPackages, type Unpacking } from './apt.ts';
import type { Component } from './component.ts';

/** Folder of a database component that has an initialised, empty data directory to copy. */
export const templateDir = 'template';

/** Raise it when what is made of the packages changes. */
const recipeVersion = '1';

const serverPackages: Unpacking = {
  packages: ['mariadb-server-core', 'mariadb-client-core', 'redis-server', 'iproute2'],
  suite: 'own',
  programs: {
    mariadbd: ['usr/sbin/mariadbd'],
    mariadb: ['usr/bin/mariadb'],
    'redis-server': ['usr/bin/redis-server'],
    'redis-cli': ['usr/bin/redis-cli'],
    ip: ['usr/sbin/ip', 'sbin/ip', 'usr/bin/ip', 'bin/ip'],
    ss: ['usr/bin/ss', 'bin/ss'],
  },
};

const mysqlPackages: Unpacking = {
  packages: ['mysql-server-core', 'mysql-client-core'],
  suite: 'sid',
  programs: { mysqld: ['usr/sbin/mysqld'], mysql: ['usr/bin/mysql'] },
};

/** Root without a password from anywhere: only the namespace can reach these servers. */
const rootFromAnywhere = [
  `CREATE USER IF NOT EXISTS 'root'@'%';`,
  `GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;`,
];

/** MariaDB, its client, Redis and `ip`, of the system's own release. */
export const mariadb: Component = {
  name: 'mariadb',
  version: 'system',
  recipe: { files: [], words: [JSON.stringify(serverPackages), recipeVersion] },
  required: true,
  kind: 'network',
  make: async (folder, task) => {
    await unpackPackages(serverPackages, folder, task);
    task.update('first initialisation');
    const data = join(folder, templateDir);
    await mkdir(data);
    const share = join(folder, 'usr/share/mysql');
    const tables = [
      'mysql_system_tables.sql',
      'mysql_performance_tables.sql',
      'mysql_system_tables_data.sql',
    ];
    const scripts = await Promise.all(tables.map((name) => readFile(join(share, name), 'utf8')));
    const input = [
      'create database if not exists mysql;',
      'use mysql;',
      'set @auth_root_socket=NULL;',
      'set @skip_auth_anonymous=1;',
      ...scripts,
      'flush privileges;',
      ...rootFromAnywhere,
    ];
    const args = [
      '--no-defaults',
      '--bootstrap',
      '--user=root',
      `--datadir=${data}`,
      ...mariadbFolders(folder),
    ];
    await mustRun(join(folder, 'programs/mariadbd'), args, { input: `${input.join('\n')}\n` });
  },
};

/** The real MySQL, newest release, from Debian's unstable suite. */
export const mysql: Component = {
  name: 'mysql',
  version: 'sid',
  recipe: { files: [], words: [JSON.stringify(mysqlPackages), recipeVersion] },
  required: false,
  kind: 'network',
  make: async (folder, task) => {
    await unpackPackages(mysqlPackages, folder, task);
    task.update('first initialisation');
    const data = join(folder, templateDir);
    const init = join(folder, 'init.sql');
    await writeFile(init, `${rootFromAnywhere.join('\n')}\n`);
    const args = ['--no-defaults', '--initialize-insecure', '--user=root', `--datadir=${data}`];
    await mustRun(join(folder, 'programs/mysqld'), [...args, `--init-file=${init}`, ...mysqlFolders(folder)]);
    // Every copy is a server of its own.
    await rm(join(data, 'auto.cnf'), { force: true });
  },
};

/** The flags that tell mariadbd where its own files are. */
export function mariadbFolders(folder: string): string[] {
  return [
    `--basedir=${folder}/usr`,
    `--lc-messages-dir=${folder}/usr/share/mysql`,
    `--character-sets-dir=${folder}/usr/share/mysql/charsets`,
    `--plugin-dir=${folder}/usr/lib/mysql/plugin`,
  ];
}

/** The flags that tell mysqld where its own files are, and keep its redo log small. */
export function mysqlFolders(folder: string): string[] {
  return [
    `--basedir=${folder}/usr`,
    `--lc-messages-dir=${folder}/usr/share/mysql`,
    `--character-sets-dir=${folder}/usr/share/mysql/charsets`,
    `--plugin-dir=${folder}/usr/lib/mysql/plugin`,
    '--secure-file-priv=',
    '--innodb-redo-log-capacity=32M',
  ];
}
