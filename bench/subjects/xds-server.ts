/**
 * Our xDS server as the operator runs it (world, engine, transport), without Kubernetes and a registry, for bench/xds.ts. It is told of
 * changes by HTTP on the next port, and answers with the time at which the world was told. Its only argument: HOST:PORT to listen at.
 */
import { createServer } from 'node:http';
import { systemClock } from '../../src/lib/clock.ts';
import { decodeDeltaRequest, decodeDiscoveryRequest } from '../../src/xds/codec/requests.ts';
import { encodeDeltaResponse, encodeResponse } from '../../src/xds/codec/responses.ts';
import { createXdsService } from '../../src/xds/engine/service.ts';
import { xdsSpec } from '../../src/xds/resources/xds-spec.ts';
import { RpcServer } from '../../src/xds/server/server.ts';
import { XdsWorld } from '../../src/xds/world/xds-world.ts';
import { bench as service, benchEndpoints } from '../xds/endpoints.ts';

const nothing = (): void => undefined;
const logger = {
  debug: nothing,
  info: nothing,
  warn: console.error,
  error: console.error,
  child: () => logger,
};
const [host = '', port = '0'] = (process.argv[2] ?? '').split(':');
const world = new XdsWorld(null, console.error);
const xds = xdsSpec({ spec: { port: 50051 } });
const { open } = createXdsService({
  source: world,
  codec: { decodeDiscoveryRequest, decodeDeltaRequest, encodeResponse, encodeDeltaResponse },
  clock: systemClock,
  logger,
  observer: {
    ...{
      opened: nothing,
      sent: nothing,
      accepted: nothing,
      refused: nothing,
      withdrawn: nothing,
      closed: nothing,
    },
  },
});
const server = new RpcServer({
  address: { host, port: Number(port) },
  flag: 'the argument',
  tls: null,
  // Thousands of streams come at once here; the operator would spread them over seconds.
  limits: { newCalls: { qps: 100_000, burst: 100_000 } },
  ...{ open, clock: systemClock, random: Math.random, logger },
  observer: {
    ...{
      connectionOpened: nothing,
      connectionClosed: nothing,
      connectionRefused: nothing,
      callOpened: nothing,
    },
    ...{ callClosed: nothing, callRefused: nothing, messageReceived: nothing, messageSent: nothing },
  },
});

/** POST /endpoints?count=N&generation=G, as local/go/xds/reference has it. */
const control = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://control');
  const endpoints = benchEndpoints(Number(searchParams.get('count')), Number(searchParams.get('generation')));
  const atNs = process.hrtime.bigint();
  world.put('bench/service', {
    service: { ...service, clusterDomain: 'cluster.local', port: 50051, xds },
    endpoints,
    proxy: null,
  });
  world.setReady();
  response.end(JSON.stringify({ atNs: String(atNs) }));
});
control.listen(Number(port) + 1, host);
await server.listen();
await server.run(new AbortController().signal);
