import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConnectionEnd, RpcObserver } from '../../xds/server/observer.ts';
import { hotCounter } from './hot-counters.ts';
import { codeName } from './rpc-codes.ts';

const ENDS: readonly ConnectionEnd[] = ['client', 'keepalive', 'pings', 'age', 'idle', 'stop'];

/** What the gRPC transport of the xDS server tells. Methods that nobody serves are no label: a client may make up any number of them. */
export function rpcMetrics(register: Registry): RpcObserver {
  const connections = connectionMetrics(register);
  const calls = callMetrics(register);
  return {
    connectionOpened: () => connections.open.inc(),
    connectionClosed: (why) => {
      connections.open.dec();
      connections.closed.inc({ why });
    },
    connectionRefused: () => connections.refused.inc(),
    callOpened: (method) => calls.started.inc(names(method)),
    callClosed: (method, code) => calls.handled.inc({ ...names(method), grpc_code: codeName(code) }),
    callRefused: (code) => calls.refused.inc({ code: codeName(code) }),
    messageReceived: (method) => calls.received.add(method, 1),
    messageSent: (method) => calls.sent.add(method, 1),
  };
}

function connectionMetrics(register: Registry) {
  const registers = [register];
  const closed = new Counter({
    name: 'rollcall_xds_connections_closed_total',
    help: 'Connections that ended, by why: the client went, keepalive (it did not answer), pings (too many), age, idle, stop.',
    labelNames: ['why'] as const,
    registers,
  });
  for (const why of ENDS) closed.inc({ why }, 0);
  return {
    open: new Gauge({ name: 'rollcall_xds_connections', help: 'Connections to the xDS server.', registers }),
    closed,
    refused: new Counter({
      name: 'rollcall_xds_connections_refused_total',
      help: 'Connections that were closed at once, because there were as many as there may be.',
      registers,
    }),
  };
}

function callMetrics(register: Registry) {
  const registers = [register];
  const labelNames = ['grpc_service', 'grpc_method'] as const;
  const hot = (name: string, help: string) =>
    hotCounter(register, { name, help, labelNames, labelsOf: names });
  return {
    started: new Counter({
      name: 'grpc_server_started_total',
      help: 'Calls that were taken.',
      ...{ labelNames, registers },
    }),
    received: hot('grpc_server_msg_received_total', 'Messages that clients sent.'),
    sent: hot('grpc_server_msg_sent_total', 'Messages that clients were sent.'),
    handled: new Counter({
      name: 'grpc_server_handled_total',
      help: 'Calls that ended, by status; CANCELLED where the client ended them.',
      labelNames: [...labelNames, 'grpc_code'] as const,
      registers,
    }),
    refused: new Counter({
      name: 'rollcall_xds_calls_refused_total',
      help: 'Calls that were not taken, by status: an unknown method, too many at once, the registry not read yet.',
      labelNames: ['code'] as const,
      registers,
    }),
  };
}

interface MethodLabels {
  readonly grpc_service: string;
  readonly grpc_method: string;
}

/** `/package.Service/Method` as labels. */
function names(method: string): MethodLabels {
  const [, service = '', name = ''] = method.split('/');
  return { grpc_service: service, grpc_method: name };
}
