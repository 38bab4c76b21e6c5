import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureVersion } from 'node:tls';
import type { Clock } from '../../lib/clock.ts';
import { TerminalError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';

/** What a server shows, and whom it believes; PEM. */
export interface TlsMaterial {
  /** The certificate, then those that it leads to. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Authorities of the clients' certificates; null: clients show none. Whether there are any cannot change while the server runs. */
  readonly ca: string | Buffer | null;
}

/** Where {@link TlsMaterial} comes from. */
export interface TlsSource {
  /** The newest; asked again every `reloadMs`. */
  load(): Promise<TlsMaterial>;
  readonly reloadMs: number;
}

/** As a server takes it. */
interface SecureOptions {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly ca?: string | Buffer;
  readonly minVersion: SecureVersion;
}

/** Certificates in files, such as a mounted Secret, which is replaced while the program runs. */
export function tlsFiles(
  files: { readonly certFile: string; readonly keyFile: string; readonly caFile: string | null },
  reloadMs = 10_000,
): TlsSource {
  const load = async (): Promise<TlsMaterial> => {
    const [cert, key, ca] = await Promise.all([
      readFile(files.certFile),
      readFile(files.keyFile),
      files.caFile === null ? null : readFile(files.caFile),
    ]);
    return { cert, key, ca };
  };
  return { load, reloadMs };
}

/**
 * A server's certificate through its rotations. What cannot be used (half-written files, a key of another certificate) changes nothing: it is told of,
 * and tried again.
 */
export class TlsIdentity {
  readonly #source: TlsSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #inUse = '';
  #mutual = false;
  #apply: (options: SecureOptions) => void = () => undefined;

  constructor(source: TlsSource, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#source = source;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The options to make the server with. Throws what the source throws, and TerminalError for what is no certificate with its key. */
  async first(): Promise<
    SecureOptions & { readonly requestCert: boolean; readonly rejectUnauthorized: boolean }
  > {
    const material = await this.#source.load();
    this.#mutual = material.ca !== null;
    const options = checked(material);
    this.#inUse = digest(material);
    return { ...options, requestCert: this.#mutual, rejectUnauthorized: this.#mutual };
  }

  /** What to do with the next ones. */
  use(apply: (options: SecureOptions) => void): void {
    this.#apply = apply;
  }

  /** Looks for new certificates until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#clock.sleep(this.#source.reloadMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      await this.#reload();
    }
  }

  async #reload(): Promise<void> {
    try {
      const material = await this.#source.load();
      const next = digest(material);
      if (next === this.#inUse) return;
      if ((material.ca !== null) !== this.#mutual) {
        throw new TerminalError('TLSInvalid', 'an authority for clients came or went: that needs a restart');
      }
      this.#apply(checked(material));
      this.#inUse = next;
      this.#logger.info('a new TLS certificate is in use');
    } catch (error) {
      this.#logger.warn('a new TLS certificate cannot be used: the old one stays', { error });
    }
  }
}

function checked({ cert, key, ca }: TlsMaterial): SecureOptions {
  const options: SecureOptions = { cert, key, ...(ca === null ? {} : { ca }), minVersion: 'TLSv1.2' };
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new TerminalError('TLSInvalid', 'the TLS certificate cannot be used', { cause });
  }
  return options;
}

function digest({ cert, key, ca }: TlsMaterial): string {
  const hash = createHash('sha256');
  for (const part of [cert, key, ca ?? '']) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}
