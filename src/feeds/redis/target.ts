import type { RedisFeedSpec } from '../../model/registry.ts';

/** Where one Redis server or sentinel listens. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** As spec.mysql.tls. VerifyCA checks the chain, VerifyIdentity the name (or address) as well. */
export type RedisTlsMode = 'Disabled' | 'Required' | 'VerifyCA' | 'VerifyIdentity';

/** What a Redis feed follows; a change of it needs another feed. */
export interface RedisTarget {
  readonly topology: 'Standalone' | 'Sentinel' | 'Cluster';
  /** Of the server, of sentinels, or of nodes of a cluster; at least one. */
  readonly addresses: readonly RedisAddress[];
  /** The name that the sentinels watch the server under; null without sentinels. */
  readonly sentinelMaster: string | null;
  readonly channel: string;
  readonly tls: RedisTlsMode;
}

/** Whom to log in as; without a password nobody is. */
export interface RedisLogin {
  /** An ACL user; `default` when it is not given. */
  readonly username?: string;
  readonly password?: string;
}

/** What the Secrets of spec.feed.redis hold. PEM texts. */
export interface RedisAccess {
  readonly login: RedisLogin;
  readonly sentinelLogin: RedisLogin;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Where access comes from; asked each time a link is opened. `refresh`: what was given last was refused. May reject with a TerminalError
 * that says what is wrong with the Secret.
 */
export type RedisAccessSource = (options: { readonly refresh: boolean }) => Promise<RedisAccess>;

/** The target of a spec, with the defaults of crds/. */
export function redisTarget(spec: RedisFeedSpec): RedisTarget {
  return {
    topology: spec.topology ?? 'Standalone',
    addresses: spec.addresses.map(addressOf),
    sentinelMaster: spec.sentinelMaster ?? null,
    channel: spec.channel ?? 'rollcall',
    tls: spec.tls?.mode ?? 'Disabled',
  };
}

/** `HOST:PORT`, an IPv6 address in brackets: the form that crds/ admits. */
function addressOf(text: string): RedisAddress {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) };
}

/** The form of {@link RedisFeedSpec.addresses}. */
export function addressText({ host, port }: RedisAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
