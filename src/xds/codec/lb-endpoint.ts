import type { Writer } from 'protobufjs/minimal.js';
import { enumShape } from './descriptor.ts';
import type { HealthStatus, LbEndpoint } from './generated/messages.ts';
import { delimited, varint } from './wire.ts';

const HEALTH_STATUS = 'envoy.config.core.v3.HealthStatus';

/**
 * Writes the fields of an endpoint as nearly all are: address, port, health and weight. False, and nothing is written, for one that has anything else or
 * anything odd, which the general way is for. An assignment of 10,000 endpoints is encoded anew whenever one of them changes: this halves the
 * time, for the same bytes.
 */
export function writePlainEndpoint(writer: Writer, message: LbEndpoint): boolean {
  const socket = plainSocket(message);
  const health = healthNumber(message.healthStatus);
  const weight = plainWeight(message.loadBalancingWeight);
  if (socket === undefined || health === undefined || weight === undefined) return false;
  // endpoint 1, address 1, socket_address 1, and in this address 2 and port_value 3.
  writer.uint32(delimited(1)).fork().uint32(delimited(1)).fork().uint32(delimited(1)).fork();
  if (socket.address !== '') writer.uint32(delimited(2)).string(socket.address);
  writer.uint32(varint(3)).uint32(socket.portValue).ldelim().ldelim().ldelim();
  if (health !== 0) writer.uint32(varint(2)).int32(health);
  if (weight === null) return true;
  writer.uint32(delimited(4)).fork();
  if (weight !== 0) writer.uint32(varint(1)).uint32(weight);
  writer.ldelim();
  return true;
}

function plainSocket(
  message: LbEndpoint,
): { readonly address: string; readonly portValue: number } | undefined {
  const at = message.endpoint?.address;
  const socket = at?.socketAddress;
  const isPlain =
    hasOnly(message, 'endpoint', 'healthStatus', 'loadBalancingWeight') &&
    hasOnly(message.endpoint, 'address') &&
    hasOnly(at, 'socketAddress') &&
    hasOnly(socket, 'address', 'portValue');
  if (!isPlain || socket == null) return undefined;
  const { address, portValue } = socket;
  return typeof address === 'string' && isUint32(portValue) ? { address, portValue } : undefined;
}

/** Null: there is none. Undefined: not plain. */
function plainWeight(weight: LbEndpoint['loadBalancingWeight']): number | null | undefined {
  if (weight == null) return null;
  return hasOnly(weight, 'value') && isUint32(weight.value) ? weight.value : undefined;
}

function healthNumber(status: HealthStatus | undefined): number | undefined {
  return status == null ? 0 : enumShape(HEALTH_STATUS)?.numbers.get(status);
}

function hasOnly(object: object | undefined, first: string, second?: string, third?: string): boolean {
  for (const key in object) if (key !== first && key !== second && key !== third) return false;
  return true;
}

function isUint32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;
}
