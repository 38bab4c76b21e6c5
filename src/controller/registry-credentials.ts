import type { Clock } from '../lib/clock.ts';
import { RetryableError, TerminalError } from '../lib/errors.ts';
import type { Secret } from '../model/kube-objects.ts';
import type { CanalFeedSpec, RedisFeedSpec, RegistrySpec, TlsSpec } from '../model/registry.ts';
import { KubeApiError, type ResourceClient } from './kube-ports.ts';

/** What the Secrets of a Registry hold: whom to log in as, and the certificates of spec.mysql.tls. PEM texts. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What the Secrets of spec.feed.redis hold. PEM texts. */
export interface RedisCredentials {
  readonly login: RedisLogin;
  readonly sentinelLogin: RedisLogin;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Without a password nobody logs in; without a username the user is `default`. */
export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
}

/** How long a Secret that was read is used again without another look, in ms; a refused login looks again at once. */
const FRESH_MS = 30_000;

/** What makes a Secret of each kind, after `kubectl create secret`. */
const LOGIN_HINT = 'generic NAME --from-literal=username=USER --from-literal=password=PASSWORD';
const PASSWORD_HINT = 'generic NAME --from-literal=password=PASSWORD';
const AUTHORITY_HINT = 'generic NAME --from-file=ca.crt=FILE';
const CERTIFICATE_HINT = 'tls NAME --cert=FILE --key=FILE';

/**
 * Reads the Secrets that a Registry names. They are fetched one by one when a connection is opened, never watched: so the
 * operator needs no right to list Secrets, and holds none that nobody named.
 */
export class RegistrySecrets {
  readonly #client: ResourceClient<Secret>;
  readonly #clock: Clock;
  readonly #namespace: string;
  /** Subject of the Role that a missing right is granted with; null: whoever runs a command. */
  readonly #serviceAccount: string | null;
  readonly #known = new Map<string, { readonly secret: Secret; readonly atMs: number }>();

  constructor(
    client: ResourceClient<Secret>,
    clock: Clock,
    namespace: string,
    serviceAccount: string | null,
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#namespace = namespace;
    this.#serviceAccount = serviceAccount;
  }

  /** The credentials for `spec`. `refresh`: what was given last was refused. Rejects with a TerminalError that says what to type. */
  read(spec: RegistrySpec['mysql'], refresh: boolean, signal: AbortSignal): Promise<RegistryCredentials> {
    return this.#read(spec, 'spec.mysql.credentialsSecretRef', refresh, signal);
  }

  /** `field`: where the login's Secret is named. */
  async #read(
    { credentialsSecretRef, tls }: RegistrySpec['mysql'],
    field: string,
    refresh: boolean,
    signal: AbortSignal,
  ): Promise<RegistryCredentials> {
    const login = await this.#secret(credentialsSecretRef.name, refresh, signal);
    const credentials = {
      username: this.#value(login, 'username', field),
      password: this.#value(login, 'password', field),
    };
    return { ...credentials, ...(await this.#certificates(tls, 'spec.mysql.tls', refresh, signal)) };
  }

  /** As {@link RegistrySecrets.read}, for spec.feed.redis. */
  async readRedis(spec: RedisFeedSpec, refresh: boolean, signal: AbortSignal): Promise<RedisCredentials> {
    const { credentialsSecretRef, sentinelCredentialsSecretRef, tls } = spec;
    const login = async (name: string | undefined, field: string): Promise<RedisLogin> =>
      name === undefined ? {} : await this.#redisLogin(name, `spec.feed.redis.${field}`, refresh, signal);
    return {
      login: await login(credentialsSecretRef?.name, 'credentialsSecretRef'),
      sentinelLogin: await login(sentinelCredentialsSecretRef?.name, 'sentinelCredentialsSecretRef'),
      ...(await this.#certificates(tls, 'spec.feed.redis.tls', refresh, signal)),
    };
  }

  /** As {@link RegistrySecrets.read}, for spec.feed.binlog, which may name a login of its own. */
  async readBinlog(
    { mysql, feed }: Pick<RegistrySpec, 'mysql' | 'feed'>,
    refresh: boolean,
    signal: AbortSignal,
  ): Promise<RegistryCredentials> {
    const own = feed?.binlog?.credentialsSecretRef;
    if (own === undefined) return await this.read(mysql, refresh, signal);
    const field = 'spec.feed.binlog.credentialsSecretRef';
    return await this.#read({ ...mysql, credentialsSecretRef: own }, field, refresh, signal);
  }

  /** As {@link RegistrySecrets.read}, for spec.feed.canal; empty texts where it names no Secret. */
  async readCanal(
    { credentialsSecretRef }: CanalFeedSpec,
    refresh: boolean,
    signal: AbortSignal,
  ): Promise<Pick<RegistryCredentials, 'username' | 'password'>> {
    if (credentialsSecretRef === undefined) return { username: '', password: '' };
    const secret = await this.#secret(credentialsSecretRef.name, refresh, signal);
    const field = 'spec.feed.canal.credentialsSecretRef';
    return {
      username: this.#value(secret, 'username', field),
      password: this.#value(secret, 'password', field),
    };
  }

  /** `namespace/name` of a Secret, for messages. */
  nameOf(reference: { readonly name: string } | undefined): string | null {
    return reference === undefined ? null : `${this.#namespace}/${reference.name}`;
  }

  async #redisLogin(name: string, field: string, refresh: boolean, signal: AbortSignal): Promise<RedisLogin> {
    const secret = await this.#secret(name, refresh, signal, PASSWORD_HINT);
    const password = this.#value(secret, 'password', field);
    return secret.data?.username === undefined
      ? { password }
      : { username: this.#value(secret, 'username', field), password };
  }

  /** What a TLS block named `field` refers to. */
  async #certificates(
    tls: TlsSpec | undefined,
    field: string,
    refresh: boolean,
    signal: AbortSignal,
  ): Promise<Pick<RegistryCredentials, 'ca' | 'cert' | 'key'>> {
    const { caSecretRef, clientCertificateSecretRef } = tls ?? {};
    const ca = caSecretRef && (await this.#secret(caSecretRef.name, refresh, signal, AUTHORITY_HINT));
    const pair =
      clientCertificateSecretRef &&
      (await this.#secret(clientCertificateSecretRef.name, refresh, signal, CERTIFICATE_HINT));
    const pairField = `${field}.clientCertificateSecretRef`;
    return {
      ...(ca && { ca: this.#value(ca, 'ca.crt', `${field}.caSecretRef`) }),
      ...(pair && {
        cert: this.#value(pair, 'tls.crt', pairField),
        key: this.#value(pair, 'tls.key', pairField),
      }),
    };
  }

  async #secret(name: string, refresh: boolean, signal: AbortSignal, hint = LOGIN_HINT): Promise<Secret> {
    const known = this.#known.get(name);
    if (known !== undefined && !refresh && this.#clock.now() - known.atMs < FRESH_MS) return known.secret;
    try {
      const secret = await this.#fetch(name, hint, signal);
      this.#known.set(name, { secret, atMs: this.#clock.now() });
      return secret;
    } catch (error) {
      // An API server that is away must not take the registry with it: what was good enough before is tried again.
      if (known !== undefined && !refresh && error instanceof RetryableError) return known.secret;
      throw error;
    }
  }

  async #fetch(name: string, hint: string, signal: AbortSignal): Promise<Secret> {
    const namespace = this.#namespace;
    let secret: Secret | null;
    try {
      secret = await this.#client.get(namespace, name, signal);
    } catch (cause) {
      throw this.#fault(name, cause);
    }
    if (secret !== null) return secret;
    this.#known.delete(name);
    throw new TerminalError(
      'SecretNotFound',
      `Secret ${namespace}/${name} does not exist. Create it: kubectl create secret ${hint.replace('NAME', `${name} -n ${namespace}`)}`,
    );
  }

  #fault(name: string, cause: unknown): unknown {
    const namespace = this.#namespace;
    if (!(cause instanceof KubeApiError)) return cause;
    if (cause.code !== 403) {
      return new RetryableError(`Secret ${namespace}/${name} could not be read`, {
        cause,
        reason: 'SecretNotRead',
        retryAfterMs: cause.retryAfterMs,
      });
    }
    const [who, subject] =
      this.#serviceAccount === null
        ? ['Your own user', '--user=USER']
        : ['The operator', `--serviceaccount=${this.#serviceAccount}`];
    return new TerminalError(
      'SecretForbidden',
      `${who} may not read Secret ${namespace}/${name}. Grant it: kubectl create role rollcall-secrets -n ${namespace} --verb=get --resource=secrets && kubectl create rolebinding rollcall-secrets -n ${namespace} --role=rollcall-secrets ${subject}`,
      { cause },
    );
  }

  #value(secret: Secret, key: string, field: string): string {
    const encoded = secret.data?.[key];
    if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString('utf8');
    const { namespace = '', name } = secret.metadata;
    // Somebody is about to add it: the next attempt must not be answered from memory.
    this.#known.delete(name);
    throw new TerminalError(
      'SecretIncomplete',
      `Secret ${namespace}/${name} (${field}) has no key ${key}. Add it: kubectl patch secret ${name} -n ${namespace} --type merge -p '{"stringData":{"${key}":"..."}}'`,
    );
  }
}
