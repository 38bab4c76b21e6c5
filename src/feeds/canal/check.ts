import type { Clock } from '../../lib/clock.ts';
import { type FeedProblem, problemOf } from '../../registry/feed-problem.ts';
import type { SourceDatabase } from '../../registry/source-table.ts';
import { conditionOf } from './canal-conditions.ts';
import { CanalFault } from './canal-error.ts';
import { CanalConnection, type CanalLogin, type CanalTarget } from './connection.ts';

export interface CanalCheckOptions {
  readonly target: CanalTarget;
  readonly login: CanalLogin;
  /** `namespace/name` of the Secret with the login, for messages; null: there is none. */
  readonly secret: string | null;
  readonly source: Pick<SourceDatabase, 'table'>;
  readonly clock: Clock;
}

/**
 * All that keeps the Canal feed from following, at once. Takes no change from the leader's client: it subscribes as that does, without a
 * filter (which leaves the one that is set), and asks for nothing.
 */
export async function checkCanal(
  options: CanalCheckOptions,
  signal: AbortSignal,
): Promise<readonly FeedProblem[]> {
  const problems: FeedProblem[] = [];
  const note = (error: unknown): void => {
    const problem = problemOf(error);
    if (signal.aborted || problem === null) throw error;
    problems.push(problem);
  };
  try {
    await options.source.table(signal);
  } catch (error) {
    note(error);
  }
  try {
    await subscribeOnce(options, signal);
  } catch (error) {
    const names = { ...options.target, username: options.login.username, secret: options.secret };
    note(error instanceof CanalFault ? conditionOf(error, names, false) : error);
  }
  return problems;
}

async function subscribeOnce(
  { target, login, clock }: CanalCheckOptions,
  signal: AbortSignal,
): Promise<void> {
  const connection = await CanalConnection.open({ target, login, filter: '', clock }, signal);
  try {
    await connection.subscribe();
  } finally {
    connection.close();
  }
}
