import { RetryableError, TerminalError } from '../../lib/errors.ts';
import type { CanalFault } from './canal-error.ts';
import type { CanalTarget } from './connection.ts';
import type { CanalDoubt } from './source-watch.ts';

/** What messages for people name. */
export interface CanalNames extends CanalTarget {
  /** Whom the operator logs in as; '' for nobody. */
  readonly username: string;
  /** `namespace/name` of the Secret with the login; null where spec.feed.canal names none. */
  readonly secret: string | null;
}

/**
 * A fault of a conversation with a canal-server as a condition, with its mend. `isRepeated`: batches were taken away before, a short time ago;
 * once is what a change of the leader can bring.
 */
export function conditionOf(
  fault: CanalFault,
  names: CanalNames,
  isRepeated: boolean,
): RetryableError | TerminalError {
  const { host, port, destination } = names;
  const at = `canal-server ${host}:${port}`;
  const options = { cause: fault };
  switch (fault.kind) {
    case 'unreachable':
      return new RetryableError(
        `${at} cannot be followed. Look whether it runs, and whether spec.feed.canal.host and port lead to it from the operator's Pod: nc -vz ${host} ${port}`,
        { ...options, reason: 'CanalUnreachable' },
      );
    case 'protocol':
      return new TerminalError(
        'CanalNotSpoken',
        `${host}:${port} does not speak Canal's protocol (${fault.message}). Set spec.feed.canal.port to canal.port of conf/canal.properties (11111 by default; canal.admin.port and canal.metrics.pull.port are others), and canal.serverMode there to tcp`,
        options,
      );
    case 'accessDenied':
      return new TerminalError('CanalAccessDenied', `${at}: ${accessMend(names)}`, options);
    case 'subscription':
      return new TerminalError(
        'CanalDestinationUnknown',
        `${at} does not serve destination ${destination} (${fault.message}). Add it there to canal.destinations in conf/canal.properties, with conf/${destination}/instance.properties, or set spec.feed.canal.destination to one that it has; its log logs/${destination}/${destination}.log says why one that it has does not start`,
        options,
      );
    case 'batchGone':
      return isRepeated
        ? new TerminalError(
            'CanalClientTaken',
            `Another client takes changes of destination ${destination} of ${at} away from the operator (${fault.message}). Stop it, or give the operator a destination of its own, which no other client of whatever id uses: add one to canal.destinations in conf/canal.properties, and name it in spec.feed.canal.destination`,
            options,
          )
        : new RetryableError(`${at} gave changes of destination ${destination} to another client`, {
            ...options,
            reason: 'CanalBatchLost',
          });
    case 'refused':
      return new RetryableError(
        `${at} refuses to go on with destination ${destination} (${fault.message}). Its log logs/${destination}/${destination}.log says why; where somebody stopped the destination, it has to be started again`,
        { ...options, reason: 'CanalRefused' },
      );
    case 'tooLarge':
      return new RetryableError(`${at} sent more at once than is taken; it is asked for less`, {
        ...options,
        reason: 'CanalBatchTooLarge',
      });
  }
}

function accessMend({ username, secret }: CanalNames): string {
  const set = `set canal.user and canal.passwd in its conf/canal.properties (canal.passwd is what this prints: mysql -NBe "SELECT LOWER(SHA1(UNHEX(SHA1('PASSWORD'))))")`;
  if (secret === null)
    return `it asks for a login, and spec.feed.canal.credentialsSecretRef names none. Make a Secret with the keys username and password and name it there; its content is what canal.user and canal.passwd of conf/canal.properties stand for`;
  const [namespace = '', name = ''] = secret.split('/');
  return `it refuses user "${username}" with the password in Secret ${secret}. Put the right ones there: kubectl create secret generic ${name} -n ${namespace} --from-literal=username=USER --from-literal=password=PASSWORD --dry-run=client -o yaml | kubectl apply -f -; or ${set}`;
}

/** The canal-server answers, but does not seem to follow the database. */
export function doubtCondition(doubt: CanalDoubt, names: CanalNames): RetryableError {
  const { host, port, destination } = names;
  const log = `logs/${destination}/${destination}.log of canal-server ${host}:${port}`;
  const why = {
    silent: `Destination ${destination} says nothing, although the database goes on writing. Its own connection to the database is broken (${log} says why; often: canal.instance.dbUsername, a position that was purged, another server than spec.mysql names), or another client of this destination takes all that it says`,
    restarted: `The database was started again, or is another server, and destination ${destination} has not said anything of it yet. It connects again by itself within half a minute and speaks with the next transaction; if it does not, ${log} says why`,
  };
  return new RetryableError(why[doubt], { reason: 'CanalStalled' });
}

/** Rows come without what is needed to tell whose they are. */
export function incompleteRows(what: string): TerminalError {
  return new TerminalError(
    'CanalRowsIncomplete',
    `Canal gives ${what}. It needs whole rows: SET GLOBAL binlog_format = 'ROW'; SET GLOBAL binlog_row_image = 'FULL'; in the server's configuration as well, and the writers have to connect again. The column of the service must be a text (VARCHAR)`,
  );
}
