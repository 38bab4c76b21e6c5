import { errorMessage, RetryableError, TerminalError } from '../../lib/errors.ts';
import { addressText, type RedisAddress, type RedisTarget } from './target.ts';

/** What the message of an error should name. */
export interface RedisErrorContext {
  readonly address: RedisAddress;
  readonly role: 'server' | 'sentinel';
  readonly target: RedisTarget;
  /** The ACL user. */
  readonly username: string;
}

type Say = (context: RedisErrorContext, text: string, cause: unknown) => TerminalError | RetryableError;

const terminal =
  (
    reason: string,
    message: (context: RedisErrorContext, text: string) => string,
    mend?: (context: RedisErrorContext) => string,
  ): Say =>
  (context, text, cause) =>
    new TerminalError(reason, message(context, text), { cause, mend: mend?.(context) });

const secretOf = ({ role }: RedisErrorContext): string =>
  role === 'sentinel'
    ? 'spec.feed.redis.sentinelCredentialsSecretRef'
    : 'spec.feed.redis.credentialsSecretRef';

const where = ({ address, role }: RedisErrorContext): string =>
  `${role === 'sentinel' ? 'the sentinel' : 'Redis'} at ${addressText(address)}`;

const notReady: Say = (context, text, cause) =>
  new RetryableError(`${where(context)} cannot serve (${text}); it is tried again by itself`, {
    reason: 'RedisNotReady',
    cause,
  });

const accessDenied = terminal(
  'RedisAccessDenied',
  (context, text) =>
    `${where(context)} refuses the user ${context.username} (${text}): put the right username and password into the Secret that ${secretOf(context)} names`,
);

const loginMissing = terminal(
  'RedisAccessDenied',
  (context, text) =>
    `${where(context)} asks for a password (${text}): create a Secret with the key password, and username for an ACL user, and name it in ${secretOf(context)}`,
);

const permissionMissing = terminal(
  'RedisAccessDenied',
  (context, text) =>
    `${where(context)} does not let the user ${context.username} follow the channel ${context.target.channel} (${text}); type on it: ${aclLine(context)}`,
  aclLine,
);

const protectedMode = terminal(
  'RedisAccessDenied',
  (context) =>
    `${where(context)} is in protected mode and accepts connections of its own machine only: set a password on it and name it in ${secretOf(context)}`,
);

const tooOld = terminal(
  'RedisTooOld',
  (context, text) =>
    `${where(context)} does not speak RESP3 (${text}): use Redis 6 or later, or set spec.feed.type to Poll`,
);

const noCluster = terminal(
  'RedisNoCluster',
  (context) => `${where(context)} is no node of a cluster: set spec.feed.redis.topology to Standalone`,
);

/** By the first word of an error reply, which is its code (redis.io/docs/latest/develop/reference/protocol-spec#simple-errors). */
const BY_CODE: Readonly<Record<string, Say>> = {
  WRONGPASS: accessDenied,
  NOAUTH: loginMissing,
  NOPERM: permissionMissing,
  DENIED: protectedMode,
  NOPROTO: tooOld,
};

/** `ERR` is said of anything; what follows is all that tells. */
const BY_TEXT: readonly (readonly [RegExp, Say])[] = [
  [/^ERR unknown command.*HELLO/i, tooOld],
  [/^ERR .*cluster support disabled/i, noCluster],
  [
    /^ERR unknown command.*SENTINEL/i,
    terminal(
      'RedisMasterUnknown',
      (context) =>
        `${addressText(context.address)} is no sentinel: let spec.feed.redis.addresses name sentinels (their port is 26379 by default), or set topology to Standalone`,
    ),
  ],
  [/^ERR invalid password/i, accessDenied],
];

/** Codes of OpenSSL and Node about certificates and the handshake. */
const TLS_CODE =
  /^(?:ERR_(?:TLS|SSL)_|HANDSHAKE_|CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_|ERR_OSSL_|EPROTO$)/;

/**
 * The vendor's error in our words: TerminalError where somebody has to mend something (its message says what to type), RetryableError for
 * what passes. Errors of ours come back as they are.
 */
export function translateRedisError(error: unknown, context: RedisErrorContext): Error {
  if (error instanceof RetryableError || error instanceof TerminalError) return error;
  if (!(error instanceof Error)) return new Error(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (TLS_CODE.test(code)) return tlsFailed(context, error);
  // Replies have no field for their code.
  if (code === '' && /^[A-Z]{3,} /.test(error.message))
    return replyError(error.message)(context, error.message, error);
  if (error instanceof TypeError || error instanceof RangeError) return error;
  return unreachable(context, error);
}

/** The command that lets a user follow the channel, and announce on it. */
export function aclLine({ role, target, username }: RedisErrorContext): string {
  if (role === 'sentinel') return `ACL SETUSER ${quoted(username)} on +sentinel +ping`;
  const more = { Standalone: '', Sentinel: ' +role', Cluster: ' +cluster|info' }[target.topology];
  return `ACL SETUSER ${quoted(username)} on ${quoted(`&${target.channel}`)} +subscribe +ping +publish${more}`;
}

function replyError(text: string): Say {
  const [code = ''] = text.split(' ', 1);
  return BY_CODE[code] ?? BY_TEXT.find(([pattern]) => pattern.test(text))?.[1] ?? notReady;
}

function tlsFailed(context: RedisErrorContext, error: Error): TerminalError {
  return new TerminalError(
    'RedisTlsFailed',
    `TLS with ${where(context)} failed (${errorMessage(error)}): check spec.feed.redis.tls (mode, caSecretRef, clientCertificateSecretRef), ` +
      `now of mode ${context.target.tls}, against the server's certificate, and whether it speaks TLS on that port`,
    { cause: error },
  );
}

function unreachable(context: RedisErrorContext, error: Error): RetryableError {
  const tls =
    context.target.tls === 'Disabled'
      ? ', and whether it expects TLS (spec.feed.redis.tls.mode)'
      : ', and whether it speaks TLS on that port (spec.feed.redis.tls.mode)';
  return new RetryableError(
    `${where(context)} cannot be reached (check spec.feed.redis.addresses, whether it runs, and NetworkPolicies${tls}; it is tried again by itself)`,
    { reason: 'RedisUnreachable', cause: error },
  );
}

/** As redis-cli reads arguments. */
function quoted(text: string): string {
  return /^[\w&|.:@-]+$/.test(text) ? text : JSON.stringify(text);
}
