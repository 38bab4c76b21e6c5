import { join } from 'node:path';
import { loadSync, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader';
import { XDS_ROOTS } from '../../../local/generate/xds/roots.ts';

type Plain = Record<string, unknown>;

/** The upstreams of proto/vendor: what an import in a .proto is relative to. */
export const XDS_INCLUDE_DIRS: readonly string[] = [
  'envoy-api',
  'xds',
  'googleapis',
  'protoc-gen-validate',
].map((upstream) => join(import.meta.dirname, '../../../proto/vendor', upstream));

let loaded: PackageDefinition | undefined;

/** A message of proto/vendor as @grpc/proto-loader encodes and decodes it: not by a line of the codec that is tested. */
export function witness(message: string): MessageTypeDefinition<Plain, Plain> {
  loaded ??= loadSync(
    [...new Set(XDS_ROOTS.map(([file]) => file)), 'envoy/service/discovery/v3/discovery.proto'],
    { includeDirs: [...XDS_INCLUDE_DIRS], enums: String, longs: Number },
  );
  const found = loaded[message];
  if (found === undefined || !('serialize' in found)) throw new Error(`proto/vendor has no ${message}`);
  return found as MessageTypeDefinition<Plain, Plain>;
}
