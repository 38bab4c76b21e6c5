import { ConfigError } from '../lib/errors.ts';
import { flagLabel, flagName, type FlagValues } from './flag.ts';
import { deepFreeze, present } from './frozen.ts';
import type { MigrateConfig } from './migrate-config.ts';
import { migrateFlags } from './migrate-flags.ts';
import { type Environment, type RawFlags, readFlags } from './read-flags.ts';

/** Flags and environment as one frozen MigrateConfig. Throws ConfigError with every problem, not the first. */
export function readMigrateConfig(raw: RawFlags, env: Environment): MigrateConfig {
  const { values, problems, wrong } = readFlags(migrateFlags, raw, env);
  const all = [
    ...problems,
    ...(values.url === null && !wrong.has('url') ? [NO_URL] : []),
    ...tlsProblems(values),
    ...feedProblems(values),
  ];
  if (all.length > 0) throw new ConfigError(all);
  return deepFreeze({
    database: present(values.url),
    tls: {
      mode: present(values.tlsMode),
      caFile: values.tlsCa,
      certFile: values.tlsCert,
      keyFile: values.tlsKey,
    },
    lockTimeoutMs: present(values.lockTimeout),
    feed: values.feed,
    remove: values.remove ?? false,
    dryRun: values.dryRun ?? false,
    registryFile: values.registry,
  });
}

const NO_URL = `${flagLabel('url')}: is needed, as ${migrateFlags.url.kind.placeholder}`;

function feedProblems({
  feed,
  remove,
  dryRun,
  registry,
}: FlagValues<typeof migrateFlags>): readonly string[] {
  if (feed !== null) return [];
  const given = { remove: remove === true, dryRun: dryRun === true, registry: registry !== null };
  return Object.entries(given)
    .filter(([, is]) => is)
    .map(([key]) => `${flagLabel(key)}: means nothing without ${flagName('feed')}`);
}

function tlsProblems(values: FlagValues<typeof migrateFlags>): readonly string[] {
  const problems: string[] = [];
  if (values.tlsMode === 'Disabled') {
    for (const key of ['tlsCa', 'tlsCert', 'tlsKey'] as const) {
      if (values[key] !== null) {
        problems.push(`${flagLabel(key)}: means nothing while ${flagName('tlsMode')} is Disabled`);
      }
    }
  }
  if (values.tlsCert !== null && values.tlsKey === null) {
    problems.push(`${flagLabel('tlsCert')}: needs ${flagName('tlsKey')}`);
  }
  if (values.tlsKey !== null && values.tlsCert === null) {
    problems.push(`${flagLabel('tlsKey')}: needs ${flagName('tlsCert')}`);
  }
  return problems;
}
