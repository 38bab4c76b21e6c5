import type { Writer } from 'protobufjs/minimal.js';
import type { ErrorDetail } from '../discovery.ts';
import type { XdsResource } from '../resource.ts';
import { delimited, newWriter, varint, writeMessage, writeText } from './wire.ts';

/** Why a client does not get a resource that it has asked for (ResourceError of discovery.proto). */
export interface ResourceError extends ErrorDetail {
  readonly name: string;
}

/** A state-of-the-world response. */
export interface DiscoveryResponse {
  readonly typeUrl: string;
  readonly versionInfo: string;
  readonly nonce: string;
  readonly resources: readonly XdsResource[];
  /** None by default. */
  readonly errors?: readonly ResourceError[];
}

/** An incremental response. */
export interface DeltaDiscoveryResponse {
  readonly typeUrl: string;
  /** For people who debug; each resource has its own version. */
  readonly systemVersion: string;
  readonly nonce: string;
  readonly resources: readonly XdsResource[];
  /** Names of what there is no more, or never was. */
  readonly removed: readonly string[];
  /** None by default. */
  readonly errors?: readonly ResourceError[];
}

/** Flags and length, before each message of gRPC (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
const FRAME_HEAD = new Uint8Array(5);

/** A DiscoveryResponse, framed for gRPC. What the resources hold is copied as it is. */
export function encodeResponse(response: DiscoveryResponse): Buffer {
  const writer = begin();
  writeText(writer, 1, response.versionInfo);
  for (const resource of response.resources) writeAny(writer, 2, resource);
  writeText(writer, 4, response.typeUrl);
  writeText(writer, 5, response.nonce);
  writeErrors(writer, 7, response.errors);
  return finished(writer);
}

/** A DeltaDiscoveryResponse, framed for gRPC. What the resources hold is copied as it is. */
export function encodeDeltaResponse(response: DeltaDiscoveryResponse): Buffer {
  const writer = begin();
  writeText(writer, 1, response.systemVersion);
  for (const resource of response.resources) {
    writeMessage(writer, 2, () => {
      writeText(writer, 1, resource.version);
      writeAny(writer, 2, resource);
      writeText(writer, 3, resource.name);
    });
  }
  writeText(writer, 4, response.typeUrl);
  writeText(writer, 5, response.nonce);
  for (const name of response.removed) writer.uint32(delimited(6)).string(name);
  writeErrors(writer, 9, response.errors);
  return finished(writer);
}

/** An encoded message with the frame of gRPC before it. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.concat([FRAME_HEAD, message]);
  frame.writeUInt32BE(message.length, 1);
  return frame;
}

/** Leaves room for the frame's head: large messages are not to be copied once more. */
function begin(): Writer {
  return newWriter().raw(FRAME_HEAD);
}

function finished(writer: Writer): Buffer {
  const bytes = writer.finish();
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  frame.writeUInt32BE(frame.length - FRAME_HEAD.length, 1);
  return frame;
}

function writeAny(writer: Writer, id: number, { typeUrl, body }: XdsResource): void {
  writeMessage(writer, id, () => {
    writeText(writer, 1, typeUrl);
    if (body.length > 0) writer.uint32(delimited(2)).bytes(body);
  });
}

/**
 * resource_errors: newer than the protos in proto/vendor. `message ResourceError { ResourceName resource_name = 1; google.rpc.Status error_detail = 2; }`,
 * ResourceName begins with its name. A client that does not know the field passes over it.
 */
function writeErrors(writer: Writer, id: number, errors: readonly ResourceError[] = []): void {
  for (const { name, code, message } of errors) {
    writeMessage(writer, id, () => {
      writeMessage(writer, 1, () => {
        writeText(writer, 1, name);
      });
      writeMessage(writer, 2, () => {
        if (code !== 0) writer.uint32(varint(1)).int32(code);
        writeText(writer, 2, message);
      });
    });
  }
}
