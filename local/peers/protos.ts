import { join } from 'node:path';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** Of rollcall.demo.v1.Greeter. */
export interface HelloRequest {
  readonly name: string;
}

/** Of rollcall.demo.v1.Greeter. */
export interface HelloReply {
  /** The instance id of the server that answered. */
  readonly server: string;
  readonly address: string;
  readonly message: string;
}

const load = (file: string, name: string): ServiceDefinition =>
  loadSync(join(import.meta.dirname, '../proto', file), { enums: String, defaults: true })[
    name
  ] as ServiceDefinition;

/** local/proto/greeter.proto */
export const greeterService = load('greeter.proto', 'rollcall.demo.v1.Greeter');

/** local/proto/health.proto */
export const healthService = load('health.proto', 'grpc.health.v1.Health');
