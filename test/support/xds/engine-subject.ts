import { createHash } from 'node:crypto';
import { systemClock } from '../../../src/lib/clock.ts';
import { decodeDeltaRequest, decodeDiscoveryRequest } from '../../../src/xds/codec/requests.ts';
import { encodeDeltaResponse, encodeResponse } from '../../../src/xds/codec/responses.ts';
import type { EngineLimits } from '../../../src/xds/engine/limits.ts';
import { createXdsService, type XdsService } from '../../../src/xds/engine/service.ts';
import type { XdsResource } from '../../../src/xds/resource.ts';
import { RpcServer } from '../../../src/xds/server/server.ts';
import type { XdsSubject } from '../../contract/xds/rule.ts';
import { RecordingLogger } from '../recording-logger.ts';
import { RecordingRpcObserver } from '../rpc-server.ts';
import { MemorySource } from './engine.ts';
import { RecordingObserver } from './engine-wire.ts';
import type { TestResource } from './resources.ts';

/** The engine with the real codec and the real transport on a loopback address, serving what a test says. */
export interface EngineSubject extends XdsSubject {
  readonly service: XdsService;
  readonly observer: RecordingObserver;
}

/** Not ready before something was applied. */
export async function startEngine(limits: Partial<EngineLimits> = {}): Promise<EngineSubject> {
  const source = new MemorySource();
  source.isReady = false;
  const parts = { clock: systemClock, logger: new RecordingLogger() };
  const observer = new RecordingObserver();
  const codec = { decodeDiscoveryRequest, decodeDeltaRequest, encodeResponse, encodeDeltaResponse };
  const service = createXdsService({ ...parts, source, codec, observer, limits });
  const server = new RpcServer({
    ...parts,
    address: { host: '127.0.0.1', port: 0 },
    flag: 'the test',
    tls: null,
    open: service.open,
    random: () => 0.5,
    observer: new RecordingRpcObserver(),
  });
  const { host, port } = await server.listen();
  const stopping = new AbortController();
  const ended = server.run(stopping.signal);
  return {
    target: `${host}:${port}`,
    service,
    observer,
    apply: (set, remove = []) => {
      source.isReady = true;
      source.change(set.map(asResource), remove);
      return Promise.resolve();
    },
    close: async () => {
      stopping.abort();
      await ended;
      service.stop();
    },
  };
}

function asResource({ typeUrl, name, value, needs }: TestResource): XdsResource {
  const version = createHash('sha256').update(value).digest('hex').slice(0, 16);
  return { typeUrl, name, version, body: value, needs };
}
