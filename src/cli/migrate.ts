import { readFileSync } from 'node:fs';
import { flagLabel, type MigrateConfig, readMigrateConfig } from '../config/index.ts';
import { ConfigError, errorMessage } from '../lib/errors.ts';
import type { MysqlAccess } from '../mysql/access.ts';
import type { ChangeLogOptions } from '../mysql/change-log/install.ts';
import { maskText } from '../telemetry/loggable.ts';
import type { CliContext, CommandModule } from './command.ts';
import { explanation } from './explanation.ts';
import { customSchemaOf } from './registry-manifest.ts';

/** `rollcall migrate`: says in plain words what it did (standard output) or why it could not (standard error). */
export const migrateCommand: CommandModule = {
  prepare: (raw, context) => {
    const config = readMigrateConfig(raw, context.env);
    const access = databaseAccess(config);
    const custom = config.registryFile === null ? null : customSchemaOf(config.registryFile);
    const { host, port, database } = config.database;
    const where = `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
    return {
      run: async (signal) => {
        const target = { host, port, database, tls: config.tls.mode };
        // What a dry run prints is to be run as it stands.
        const out = config.dryRun ? context.stderr : context.stdout;
        const report = (line: string): void => void out.write(`${where}: ${line}\n`);
        const options = { target, access, clock: context.clock, lockTimeoutMs: config.lockTimeoutMs };
        await run(config, { ...options, custom }, { report, stdout: context.stdout }, signal);
        return 0;
      },
      fail: (_message, error) => {
        context.stderr.write(maskText(`rollcall migrate: ${explanation(error)}\n`));
      },
    };
  },
};

interface Output {
  readonly report: (line: string) => void;
  readonly stdout: CliContext['stdout'];
}

/** The tables of the registry, where they are ours, and then what the feed needs. */
async function run(
  { feed, remove, dryRun }: MigrateConfig,
  options: Omit<ChangeLogOptions, 'action' | 'dryRun'>,
  { report, stdout }: Output,
  signal: AbortSignal,
): Promise<void> {
  if (feed === null || (options.custom === null && !remove && !dryRun)) {
    const { migrate } = await import('../mysql/migrations/migrate.ts');
    await migrate(options, report, signal);
  }
  if (feed === null) return;
  const { asScript, installChangeLog } = await import('../mysql/change-log/install.ts');
  const action = remove ? 'remove' : 'install';
  const statements = await installChangeLog({ ...options, action, dryRun }, report, signal);
  if (dryRun && statements.length > 0) stdout.write(asScript(statements));
}

/** Login and certificates. Throws ConfigError with every file that cannot be read. */
function databaseAccess({ database, tls }: MigrateConfig): MysqlAccess {
  const problems: string[] = [];
  const read = (key: string, file: string | null): string | undefined => {
    if (file === null) return undefined;
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      problems.push(`${flagLabel(key)}: ${errorMessage(error)}`);
      return undefined;
    }
  };
  const [ca, cert, key] = [
    read('tlsCa', tls.caFile),
    read('tlsCert', tls.certFile),
    read('tlsKey', tls.keyFile),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    username: database.user,
    password: database.password,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
