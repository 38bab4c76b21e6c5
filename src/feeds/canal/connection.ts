import { connect, type Socket } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { CanalFault } from './canal-error.ts';
import { decoded, decodePacket, encodeFrame, FrameReader, PACKET, scrambled, type Packet } from './frames.ts';
import { decodeMessage, encodeMessage, int64 } from './messages.ts';
import { firstLine, refusal } from './refusal.ts';

/** Where a canal-server is, and as whom to follow what. */
export interface CanalTarget {
  readonly host: string;
  readonly port: number;
  readonly destination: string;
  readonly clientId: number;
}

/** Whom to log in as; empty texts where the server asks for nobody. */
export interface CanalLogin {
  readonly username: string;
  readonly password: string;
}

export interface CanalConnectionOptions {
  readonly target: CanalTarget;
  readonly login: CanalLogin;
  /** Regular expressions of `database\.table`, with commas between. It replaces the filter of the destination. */
  readonly filter: string;
  readonly clock: Clock;
}

/** Entries that the server gave; they come again until they are acknowledged. */
export interface CanalBatch {
  readonly id: number;
  readonly entries: readonly Uint8Array[];
  readonly bytes: number;
}

/** No answer for so long: the server is gone, frozen or cut off, whatever TCP believes. */
const SILENCE_MS = 5000;
/** A batch of 256 rows has kilobytes; one of 256 large row events some megabytes. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** The server closes connections from which it hears nothing for so long. */
const IDLE_MS = 60_000;
/** java.util.concurrent.TimeUnit.MILLISECONDS. */
const UNIT_MS = 2;
/** The server waits for nothing: with any other time it waits for a *full* batch, not for the first entry. */
const AT_ONCE = -1;
/** What was said last (a rollback) has so long to leave a connection that is given up. */
const LINGER_MS = 1000;

/**
 * One connection to a canal-server: asks one thing at a time, and hears the answer within {@link SILENCE_MS} or gives up. Every method
 * rejects with {@link CanalFault}, and the connection is of no use afterwards.
 */
export class CanalConnection {
  readonly #options: CanalConnectionOptions;
  readonly #socket: Socket;
  readonly #frames = new FrameReader(MAX_FRAME_BYTES);
  /** The type of the packet that was asked for; null: nothing was. */
  #asked: number | null = null;
  #answer: Uint8Array | null = null;
  #get: { readonly fetchSize: number; readonly frame: Uint8Array } | null = null;
  #fault: CanalFault | null = null;
  #wake: () => void = () => undefined;

  private constructor(options: CanalConnectionOptions) {
    this.#options = options;
    const { host, port } = options.target;
    // Acknowledgement and next question are two small writes: with Nagle's algorithm each pair would cost 40 ms.
    this.#socket = connect({ host, port, noDelay: true });
    const fail = (message: string, cause?: unknown): void =>
      this.#fail(new CanalFault('unreachable', message, cause === undefined ? {} : { cause }));
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', (error) => fail('the connection failed', error));
    this.#socket.on('close', () => fail('the server closed the connection'));
  }

  /** Connects and logs in. */
  static async open(options: CanalConnectionOptions, signal: AbortSignal): Promise<CanalConnection> {
    signal.throwIfAborted();
    const connection = new CanalConnection(options);
    const onAbort = (): void => connection.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await connection.#logIn();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #logIn(): Promise<void> {
    const { username, password } = this.#options.login;
    const seeds = await this.#greeted();
    this.#send(
      PACKET.clientAuthentication,
      encodeMessage('ClientAuth', {
        username,
        password: Buffer.from(scrambled(password, seeds)),
        netReadTimeoutMs: IDLE_MS,
        netWriteTimeoutMs: IDLE_MS,
      }),
    );
    await this.#accepted('accessDenied');
  }

  /** The server speaks first. What another kind of server says has the length of no frame. */
  async #greeted(): Promise<Uint8Array> {
    try {
      const handshake = await this.#packet(PACKET.handshake);
      return decoded(() => decodeMessage('Handshake', handshake)).seeds;
    } catch (cause) {
      if (cause instanceof CanalFault && cause.kind === 'tooLarge')
        throw new CanalFault('protocol', 'what was said first is no greeting', { cause });
      throw cause;
    }
  }

  /** Follows the destination, from where the last client of this id acknowledged, or from what the server has. */
  async subscribe(): Promise<void> {
    const { filter } = this.#options;
    this.#send(PACKET.subscription, encodeMessage('Sub', { ...this.#client(), filter }));
    await this.#accepted('subscription');
  }

  /** Has everything given again that was not acknowledged (batch 0), or one batch. The server does not answer. */
  rollback(batchId = 0): void {
    this.#send(PACKET.clientRollback, encodeMessage('BatchRef', { ...this.#client(), batchId }));
  }

  /** What there is at this moment, at most about `fetchSize` entries; null: nothing. */
  async get(fetchSize: number): Promise<CanalBatch | null> {
    this.#write(this.#question(fetchSize));
    const body = await this.#packet(PACKET.messages);
    const { batchId, messages } = decoded(() => decodeMessage('Messages', body));
    const id = int64(batchId);
    return id < 0 || messages.length === 0 ? null : { id, entries: messages, bytes: body.length };
  }

  /** Says that a batch was dealt with; in the order in which they came. The server answers only if it refuses: with the next question. */
  ack(batchId: number): void {
    this.#send(PACKET.clientAck, encodeMessage('BatchRef', { ...this.#client(), batchId }));
  }

  close(): void {
    this.#fail(new CanalFault('unreachable', 'the connection was closed'));
  }

  /** Asked ten times a second while nothing changes, and always the same. */
  #question(fetchSize: number): Uint8Array {
    if (this.#get?.fetchSize !== fetchSize) {
      const fields = { ...this.#client(), fetchSize, timeout: AT_ONCE, unit: UNIT_MS, autoAck: false };
      this.#get = { fetchSize, frame: encodeFrame(PACKET.get, encodeMessage('Get', fields)) };
    }
    return this.#get.frame;
  }

  #client(): { readonly destination: string; readonly clientId: string } {
    const { destination, clientId } = this.#options.target;
    return { destination, clientId: String(clientId) };
  }

  #send(type: number, body: Uint8Array): void {
    this.#write(encodeFrame(type, body));
  }

  #write(frame: Uint8Array): void {
    if (this.#fault === null) this.#socket.write(frame);
  }

  async #accepted(refused: 'accessDenied' | 'subscription'): Promise<void> {
    const body = await this.#packet(PACKET.ack);
    const { errorCode, errorMessage } = decoded(() => decodeMessage('Ack', body));
    if (errorCode !== 0) throw new CanalFault(refused, `${errorCode} ${firstLine(errorMessage)}`);
  }

  /** The body of the next packet, which has to be of this type. */
  async #packet(type: number): Promise<Uint8Array> {
    const { clock } = this.#options;
    this.#asked = type;
    const cancel = clock.after(SILENCE_MS, () =>
      this.#fail(new CanalFault('unreachable', `nothing was heard for ${SILENCE_MS} ms`)),
    );
    try {
      for (;;) {
        const answer = this.#answer;
        this.#answer = null;
        if (answer !== null) return answer;
        if (this.#fault !== null) throw this.#fault;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      cancel();
    }
  }

  #receive(chunk: Buffer): void {
    if (this.#fault !== null) return;
    try {
      for (const frame of this.#frames.push(chunk)) this.#hear(decodePacket(frame));
      this.#wake();
    } catch (error) {
      this.#fail(
        error instanceof CanalFault ? error : new CanalFault('protocol', 'unreadable', { cause: error }),
      );
    }
  }

  /** Nothing is kept but the one answer that was asked for: what else comes ends the conversation. */
  #hear({ type, body }: Packet): void {
    if (type === this.#asked) {
      this.#asked = null;
      this.#answer = body;
      return;
    }
    if (type === PACKET.ack) throw refusal(decoded(() => decodeMessage('Ack', body)));
    throw new CanalFault('protocol', `a packet of type ${type} that was not asked for`);
  }

  #fail(fault: CanalFault): void {
    if (this.#fault === null) {
      this.#fault = fault;
      this.#end();
    }
    this.#wake();
  }

  /** At once where nothing can have been said yet; else what was said may leave, if the server takes it. */
  #end(): void {
    const socket = this.#socket;
    if (socket.connecting || socket.destroyed) {
      socket.destroy();
      return;
    }
    const cancel = this.#options.clock.after(LINGER_MS, () => socket.destroy());
    socket.once('close', cancel);
    socket.destroySoon();
  }
}
