import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { program, type ComponentName } from '../components/index.ts';
import { javaClassPath } from '../components/java.ts';
import { mustRun } from '../lib/run.ts';
import type { CallResult, CallSummary } from './calls.ts';

/** The gRPC implementations that the tests call with. */
export const clientKinds = ['node', 'go', 'python'] as const;

/** Those with xDS: Java's, too, which calls by name as the others do and is left out there. */
export const xdsClientKinds = [...clientKinds, 'java'] as const;

/** One gRPC implementation. */
export type ClientKind = (typeof xdsClientKinds)[number];

/** The component that a client needs, for `needs()` in tests. */
export const clientComponents: Readonly<Record<ClientKind, readonly ComponentName[]>> = {
  node: [],
  go: ['grpcGoClient'],
  python: ['grpcPythonClient'],
  java: ['grpcJavaClient'],
};

/** What to call, and how. */
export interface ClientOptions {
  readonly target: string;
  readonly calls?: number;
  readonly durationSeconds?: number;
  readonly rate?: number;
  /** `round_robin` by default. */
  readonly policy?: string;
  readonly timeoutSeconds?: number;
  readonly waitForReady?: boolean;
  /** File; TLS with this authority. */
  readonly ca?: string;
  /** The name to expect in the certificate. */
  readonly authority?: string;
  /** The least time between two lookups of the name; every client's own default is 30 s. */
  readonly minResolutionMs?: number;
  /** Retries nothing that the library lets one switch off. */
  readonly noRetries?: boolean;
  /** Asks a connection that is silent for so long for a sign of life, and gives it up after half as long again; grpc-go's least is 10 s. */
  readonly keepaliveMs?: number;
  /** Leaves out servers that are not SERVING by grpc.health.v1; grpc-js cannot. */
  readonly healthCheck?: boolean;
  /** The file that a target that begins with `xds:` needs: which server to ask, and as whom (xds-bootstrap.ts). */
  readonly xdsBootstrap?: string;
  /** TLS as the xDS server configures it for the service (gRFC A29), and what it would be otherwise where that says nothing. */
  readonly xdsCredentials?: boolean;
}

/** Runs a client to its end and gives its totals. */
export async function runClient(kind: ClientKind, options: ClientOptions): Promise<CallSummary> {
  const [command, ...args] = clientCommand(kind, options);
  const output = await mustRun(command, [...args, '--summary'], { env: clientEnv(options) });
  return JSON.parse(output) as CallSummary;
}

/** A client that goes on calling. */
export interface RunningClient {
  /** Every result so far. */
  readonly results: readonly CallResult[];
  /** Ends it and waits until it is gone. */
  readonly stop: () => Promise<void>;
}

/** Starts a client that calls until it is stopped (or until its own limits). */
export function startClient(kind: ClientKind, options: ClientOptions): RunningClient {
  const [command, ...args] = clientCommand(kind, { durationSeconds: 3600, ...options });
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...clientEnv(options) },
  });
  const results: CallResult[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => results.push(JSON.parse(line) as CallResult));
  const exit = new Promise<void>((resolve) =>
    child.on('close', () => resolve()).on('error', () => resolve()),
  );
  return {
    results,
    stop: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

function clientEnv({ xdsBootstrap }: ClientOptions): Record<string, string> {
  // grpcio's notes on forks and the like are not results.
  return {
    GRPC_VERBOSITY: 'ERROR',
    ...(xdsBootstrap === undefined ? {} : { GRPC_XDS_BOOTSTRAP: xdsBootstrap }),
  };
}

function clientCommand(kind: ClientKind, options: ClientOptions): [string, ...string[]] {
  const flags = [
    ['--calls', options.calls],
    ['--duration', options.durationSeconds],
    ['--rate', options.rate],
    ['--policy', options.policy],
    ['--timeout', options.timeoutSeconds],
    ['--ca', options.ca],
    ['--authority', options.authority],
    ['--min-resolution-ms', options.minResolutionMs],
    ['--keepalive-ms', options.keepaliveMs],
  ] as const;
  const args = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, `${value}`]));
  if (options.waitForReady) args.push('--wait-for-ready');
  if (options.noRetries) args.push('--no-retries');
  if (options.healthCheck) args.push('--health-check');
  if (options.xdsCredentials) args.push('--xds-credentials');
  return [...clientProgram(kind), options.target, ...args];
}

/** It starts sooner, and takes less of the machine. */
const javaFlags = ['-Xmx192m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];

/** The command of a client, before its arguments. Throws `Unavailable`. */
export function clientProgram(kind: ClientKind): [string, ...string[]] {
  switch (kind) {
    case 'node':
      return [process.execPath, join(import.meta.dirname, 'greeter-client.ts')];
    case 'go':
      return [program('grpcGoClient', 'greeter-client-go')];
    case 'python':
      return [program('grpcPythonClient', 'bin/python3'), join(import.meta.dirname, 'greeter_client.py')];
    case 'java':
      return [
        'java',
        ...javaFlags,
        '-cp',
        javaClassPath.map((part) => program('grpcJavaClient', part)).join(':'),
        'GreeterClient',
      ];
  }
}
