import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';

const require = createRequire(import.meta.url);

/** The protos that the npm package @grpc/grpc-js-xds has: not those that src is built with, so that one judges the other. */
const deps = join(dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps');
const folders = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'];
const roots = [
  'envoy/service/discovery/v3/discovery.proto',
  'envoy/config/listener/v3/listener.proto',
  'envoy/config/route/v3/route.proto',
  'envoy/config/cluster/v3/cluster.proto',
  'envoy/config/endpoint/v3/endpoint.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/access_loggers/stream/v3/stream.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
];

let loaded: protobuf.Root | undefined;

/** google.protobuf.Any */
export interface Any {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Packs a message, given by its fully qualified name (`envoy.config.cluster.v3.Cluster`) and its fields in camel case. Throws when it has no such field. */
export function pack(name: string, fields: object): Any {
  return { typeUrl: `type.googleapis.com/${name}`, value: encode(name, fields) };
}

/** The bytes of a message. */
export function encode(name: string, fields: object): Uint8Array {
  const type = typeOf(name);
  for (const field of Object.keys(fields)) {
    if (type.fields[field] === undefined) throw new Error(`${name} has no field ${field}`);
  }
  return type.encode(type.fromObject(fields)).finish();
}

function typeOf(name: string): protobuf.Type {
  loaded ??= load();
  return loaded.lookupType(name);
}

function load(): protobuf.Root {
  const descriptor = require('protobufjs/google/protobuf/descriptor.json') as protobuf.INamespace;
  const google = descriptor.nested?.google as protobuf.INamespace;
  protobuf.common('descriptor', (google.nested?.protobuf as protobuf.INamespace).nested as object);
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) =>
    protobuf.common.get(target) !== null
      ? target
      : (folders.map((folder) => join(deps, folder, target)).find((path) => existsSync(path)) ?? target);
  root.loadSync(roots);
  return root;
}

/** A message as plain fields in camel case, enums as their names, defaults filled in. */
export function decode(name: string, bytes: Uint8Array): unknown {
  const type = typeOf(name);
  return type.toObject(type.decode(bytes), { enums: String, defaults: true, arrays: true });
}

/** Field 1 of a message, a text: the name of a resource, whatever its type. */
export function nameIn(value: Uint8Array): string {
  const reader = protobuf.Reader.create(value);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 0x0a) return reader.string();
    reader.skipType(tag & 7);
  }
  return '';
}
