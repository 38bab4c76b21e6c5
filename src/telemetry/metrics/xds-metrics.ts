import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { StreamIdentity, XdsObserver } from '../../xds/engine/observer.ts';
import { TYPE } from '../../xds/resource.ts';
import { ACK_SECONDS } from './buckets.ts';
import { hotCounter, LateObservations } from './hot-counters.ts';
import { codeName } from './rpc-codes.ts';

/** Label `type`; a type that is not served is `other`, for a client may make up any number of them. */
const TYPES: ReadonlyMap<string, string> = new Map(
  Object.values(TYPE).map((typeUrl) => [typeUrl, typeUrl.slice(typeUrl.lastIndexOf('.') + 1)]),
);

function typeOf(typeUrl: string): string {
  return TYPES.get(typeUrl) ?? 'other';
}

/** What the xDS engine tells of its streams. No label grows with clients or resources. */
export function xdsMetrics(register: Registry): XdsObserver {
  const streams = streamMetrics(register);
  const responses = responseMetrics(register);
  return {
    opened: (stream) => streams.open.inc(labelsOf(stream)),
    closed: (stream, status) => {
      streams.open.dec(labelsOf(stream));
      streams.closed.inc({ code: codeName(status?.code ?? CANCELLED) });
    },
    sent: (_stream, { typeUrl, bytes }) => {
      const type = typeOf(typeUrl);
      responses.sent.add(type, 1);
      responses.bytes.add(type, bytes);
    },
    accepted: (_stream, { typeUrl, latencyMs }) => responses.acks.add(typeOf(typeUrl), latencyMs / 1000),
    refused: (_stream, { typeUrl }) => {
      const type = typeOf(typeUrl);
      responses.nacks.inc({ type });
      responses.refusals.inc({ type });
    },
    withdrawn: (_stream, { typeUrl }) => responses.refusals.dec({ type: typeOf(typeUrl) }),
  };
}

/** What a stream ends with that its client ended. */
const CANCELLED = 1;

function labelsOf({ method, kind }: StreamIdentity): { readonly method: string; readonly kind: string } {
  return { method: method.slice(method.lastIndexOf('/') + 1), kind };
}

function streamMetrics(register: Registry) {
  const registers = [register];
  return {
    open: new Gauge({
      name: 'rollcall_xds_streams',
      help: 'Streams of xDS clients, by method and kind (sotw: state of the world, delta: incremental).',
      labelNames: ['method', 'kind'] as const,
      registers,
    }),
    closed: new Counter({
      name: 'rollcall_xds_streams_closed_total',
      help: 'Streams of xDS clients that ended, by status; CANCELLED where the client ended them.',
      labelNames: ['code'] as const,
      registers,
    }),
  };
}

function responseMetrics(register: Registry) {
  const registers = [register];
  const labelNames = ['type'] as const;
  const hot = { labelNames, labelsOf: (type: string) => ({ type }), values: [...TYPES.values()] };
  const acks = new LateObservations((type, seconds) => histogram.observe({ type }, seconds));
  const histogram = new Histogram({
    name: 'rollcall_xds_ack_seconds',
    help: 'From sending a response to its acknowledgement by the client.',
    buckets: [...ACK_SECONDS],
    collect: () => acks.drain(),
    ...{ labelNames, registers },
  });
  const metrics = {
    acks,
    sent: hotCounter(register, {
      name: 'rollcall_xds_responses_total',
      help: 'Responses that xDS clients were sent, by type of resource.',
      ...hot,
    }),
    bytes: hotCounter(register, {
      name: 'rollcall_xds_response_bytes_total',
      help: 'Bytes of the responses that xDS clients were sent.',
      ...hot,
    }),
    nacks: new Counter({
      name: 'rollcall_xds_nacks_total',
      help: 'Responses that xDS clients refused.',
      ...{ labelNames, registers },
    }),
    refusals: new Gauge({
      name: 'rollcall_xds_refusals',
      help: 'Refusals of xDS clients that stand: the client has taken nothing newer since, and is there.',
      ...{ labelNames, registers },
    }),
  };
  for (const type of TYPES.values()) {
    metrics.nacks.inc({ type }, 0);
    metrics.refusals.set({ type }, 0);
  }
  return metrics;
}
