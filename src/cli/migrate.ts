import { readFileSync } from 'node:fs';
import { flagLabel, type MigrateConfig, readMigrateConfig } from '../config/index.ts';
import { ConfigError, errorMessage, RetryableError, TerminalError } from '../lib/errors.ts';
import type { MysqlAccess } from '../mysql/access.ts';
import { maskText } from '../telemetry/loggable.ts';
import type { CommandModule } from './command.ts';

/** `rollcall migrate`: says in plain words what it did (standard output) or why it could not (standard error). */
export const migrateCommand: CommandModule = {
  prepare: (raw, context) => {
    const config = readMigrateConfig(raw, context.env);
    const access = databaseAccess(config);
    const { host, port, database } = config.database;
    const where = `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
    return {
      run: async (signal) => {
        const { migrate } = await import('../mysql/migrations/migrate.ts');
        const target = { host, port, database, tls: config.tls.mode };
        const { lockTimeoutMs } = config;
        const report = (line: string): void => void context.stdout.write(`${where}: ${line}\n`);
        await migrate({ target, access, clock: context.clock, lockTimeoutMs }, report, signal);
      },
      fail: (_message, error) => {
        context.stderr.write(maskText(`rollcall migrate: ${explanation(error)}\n`));
      },
    };
  },
};

/** What somebody can mend needs its message alone; a bug needs its stack. */
function explanation(error: unknown): string {
  const expected = error instanceof TerminalError || error instanceof RetryableError;
  if (expected || !(error instanceof Error)) return errorMessage(error);
  return `${errorMessage(error)}\n${error.stack ?? ''}`;
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
