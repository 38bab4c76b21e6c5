import type { CanalServer } from '../../local/servers/canal.ts';
import { CanalFeed, type CanalFeedOptions } from '../../src/feeds/canal/canal-feed.ts';
import type { CanalLogin, CanalTarget } from '../../src/feeds/canal/connection.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { MysqlRegistryReader } from '../../src/mysql/mysql-registry-reader.ts';
import { RecordingLogger } from './recording-logger.ts';

/** What the canal-servers of the tests ask for. */
export const canalLogin = { user: 'canal', password: 'secret' };

/** Where the destination of a canal-server, or a way to it, is. */
export function canalAt(
  at: Pick<CanalTarget, 'host' | 'port'> | Pick<CanalServer, 'address' | 'port'>,
  destination = 'registry',
): CanalTarget {
  const host = 'host' in at ? at.host : at.address;
  return { host, port: at.port, destination, clientId: 1001 };
}

/** A Canal feed over a real reader. */
export function canalFeed(
  target: CanalTarget,
  reader: MysqlRegistryReader,
  options: Partial<CanalFeedOptions> & { readonly login?: CanalLogin } = {},
): CanalFeed {
  const login = options.login ?? { username: canalLogin.user, password: canalLogin.password };
  return new CanalFeed({
    target,
    access: () => Promise.resolve(login),
    secret: 'rollcall-system/canal',
    source: reader.source,
    clock: systemClock,
    random: Math.random,
    logger: new RecordingLogger(),
    ...options,
  });
}
