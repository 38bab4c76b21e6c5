import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A plain TCP proxy whose link can be cut and mended (connections break, new ones are closed at once), go silent, or lead elsewhere. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #target: { readonly host: string; readonly port: number };

  private constructor(server: Server, target: { readonly host: string; readonly port: number }) {
    this.#server = server;
    this.#target = target;
  }

  /** Listens on a port of its own and passes everything on to `target`. */
  static async start(
    target: { readonly host: string; readonly port: number },
    host = '127.0.0.1',
  ): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    server.on('connection', (client) => proxy.#pass(client));
    server.listen(0, host);
    await once(server, 'listening');
    return proxy;
  }

  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Breaks all connections; new ones are closed at once until {@link mend}. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** Half-open: what is connected hears nothing any more, and nobody says so; new connections work. */
  stall(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** New connections lead to another server; the present ones break. */
  retarget(target: { readonly host: string; readonly port: number }): void {
    this.#target = target;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** New connections lead to another server; the present ones stay, as behind a Service. */
  lead(target: { readonly host: string; readonly port: number }): void {
    this.#target = target;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(client: Socket): void {
    if (this.#isCut) {
      client.destroy();
      return;
    }
    const upstream = connect({ ...this.#target, noDelay: true });
    client.setNoDelay(true);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
