import { TriggerFeed } from '../../src/feeds/trigger/trigger-feed.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { CustomSchemaSpec } from '../../src/model/registry.ts';
import type { MysqlAccess, MysqlTarget } from '../../src/mysql/access.ts';
import { type ChangeLogOptions, installChangeLog } from '../../src/mysql/change-log/install.ts';
import { MysqlChangeLog } from '../../src/mysql/change-log/mysql-change-log.ts';
import type { Logger } from '../../src/lib/logger.ts';
import { root } from './open-registry.ts';
import { RecordingLogger } from './recording-logger.ts';

const common = { clock: systemClock, random: Math.random };

/** Makes change_log and its triggers as root, or what `options` says; answers the statements. */
export async function withTriggers(
  target: MysqlTarget,
  options: Partial<Pick<ChangeLogOptions, 'action' | 'custom' | 'dryRun' | 'access'>> = {},
): Promise<readonly string[]> {
  return await installChangeLog(
    {
      ...{ target, access: root, clock: systemClock, lockTimeoutMs: 20_000 },
      ...{ custom: null, action: 'install', dryRun: false },
      ...options,
    },
    () => undefined,
    AbortSignal.timeout(30_000),
  );
}

/** The log at `target`; its owner closes it. */
export function changeLogAt(
  target: MysqlTarget,
  access: MysqlAccess = root,
  custom: CustomSchemaSpec | null = null,
): MysqlChangeLog {
  return new MysqlChangeLog({ ...common, target, access: () => Promise.resolve(access), custom });
}

/** The feed over that log. */
export function triggerFeed(
  log: MysqlChangeLog,
  options: { readonly logger?: Logger; readonly retentionMs?: number; readonly intervalMs?: number } = {},
): TriggerFeed {
  return new TriggerFeed({
    ...{ ...common, log, intervalMs: 20, retentionMs: 3_600_000, logger: new RecordingLogger() },
    ...options,
    isLeader: () => true,
  });
}
