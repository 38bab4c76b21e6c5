import { readFileSync } from 'node:fs';
import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { greeterService, healthService, type HelloReply, type HelloRequest } from './protos.ts';

/** Options of {@link startGreeter}. */
export interface GreeterOptions {
  /** Without port. */
  readonly address: string;
  readonly port: number;
  /** What it calls itself in its replies. */
  readonly id: string;
  /** After this time a client has to connect, and so to resolve the name, again; never by default. */
  readonly maxConnectionAgeMs?: number | undefined;
  /** How long an answer takes; 0 by default. */
  readonly answerAfterMs?: number | undefined;
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

/** A gRPC server that says who it is. */
export interface Greeter {
  readonly id: string;
  /** `address:port`, an IPv6 address in brackets. */
  readonly target: string;
  /** How many calls it has answered. */
  readonly calls: () => number;
  /** What grpc.health.v1 answers from now on. */
  readonly setServing: (serving: boolean) => void;
  /** Lets running calls end; cuts them after `graceMs` (1 s by default). */
  readonly stop: (graceMs?: number) => Promise<void>;
  /** Cuts every connection at once. */
  readonly cut: () => void;
}

type HealthStream = ServerWritableStream<unknown, { status: string }>;

/** Starts a real grpc-js server with the Greeter and grpc.health.v1. */
export async function startGreeter(options: GreeterOptions): Promise<Greeter> {
  const { id, address, port, maxConnectionAgeMs, answerAfterMs = 0, tls } = options;
  const target = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const state = { calls: 0, serving: true };
  const watchers = new Set<HealthStream>();
  const health = () => ({ status: state.serving ? 'SERVING' : 'NOT_SERVING' });

  const server = new Server(
    maxConnectionAgeMs === undefined
      ? {}
      : { 'grpc.max_connection_age_ms': maxConnectionAgeMs, 'grpc.max_connection_age_grace_ms': 30_000 },
  );
  server.addService(greeterService, {
    SayHello: (call: ServerUnaryCall<HelloRequest, HelloReply>, reply: sendUnaryData<HelloReply>) => {
      state.calls += 1;
      const message = `Hello ${call.request.name}, this is ${id}.`;
      const answer = () => reply(null, { server: id, address: target, message });
      if (answerAfterMs === 0) answer();
      else setTimeout(answer, answerAfterMs);
    },
  });
  server.addService(healthService, {
    Check: (_call: unknown, reply: sendUnaryData<{ status: string }>) => reply(null, health()),
    Watch: (call: HealthStream) => {
      watchers.add(call);
      call.write(health());
      call.on('cancelled', () => watchers.delete(call));
    },
  });
  const credentials = tls
    ? ServerCredentials.createSsl(null, [
        { cert_chain: readFileSync(tls.certFile), private_key: readFileSync(tls.keyFile) },
      ])
    : ServerCredentials.createInsecure();
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(target, credentials, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
  return {
    id,
    target,
    calls: () => state.calls,
    setServing: (serving) => {
      state.serving = serving;
      for (const call of watchers) call.write(health());
    },
    stop: async (graceMs = 1000) => {
      for (const call of watchers)
        call.emit('error', { code: status.UNAVAILABLE, details: 'the server stops' });
      await shutDown(server, graceMs);
    },
    cut: () => server.forceShutdown(),
  };
}

async function shutDown(server: Server, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}

/**
 * Starts one greeter on each of many addresses, all in this process: thousands of "hosts" for nothing. The id of each
 * is its address.
 */
export async function startGreeters(addresses: readonly string[], port: number): Promise<readonly Greeter[]> {
  return await Promise.all(addresses.map((address) => startGreeter({ id: address, address, port })));
}

/** `count` addresses from `first` on, in order; the ends .0 and .255 of a block of 256 are left out. */
export function addressRange(first: string, count: number): string[] {
  const [a = 10, b = 77, c = 0, d = 1] = first.split('.').map(Number);
  const addresses: string[] = [];
  for (let number = c * 256 + d; addresses.length < count; number += 1) {
    const last = number % 256;
    if (last !== 0 && last !== 255) addresses.push(`${a}.${b}.${Math.floor(number / 256)}.${last}`);
  }
  return addresses;
}
