/**
 * A greeter client on @grpc/grpc-js, unmodified: it knows a target and nothing of rollcall.
 *
 *   node local/peers/greeter-client.ts dns:///greeter.demo.svc.cluster.local:50051 --calls 30
 *   ... --duration 10 --rate 50 --summary
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client, credentials, Metadata, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import { makeCalls, summarizeCalls, type CallResult } from './calls.ts';
import { greeterService, type HelloReply, type HelloRequest } from './protos.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    policy: { ...text, default: 'round_robin' },
    calls: text,
    rate: text,
    duration: text,
    timeout: { ...text, default: '5' },
    'wait-for-ready': flag,
    summary: flag,
    ca: text,
    authority: text,
    'min-resolution-ms': text,
    'no-retries': flag,
    'keepalive-ms': text,
    'health-check': flag,
    'xds-credentials': flag,
  },
});

const [target] = positionals;
if (target === undefined || (values.calls === undefined && values.duration === undefined)) {
  console.error(
    'usage: greeter-client TARGET --calls N | --duration SECONDS [--policy P] [--rate R] [--summary]',
  );
  process.exit(2);
}

// grpc-js knows no healthCheckConfig: with it, too, it calls whoever is connected.
const serviceConfig = {
  loadBalancingConfig: [{ [values.policy]: {} }],
  ...(values['health-check'] ? { healthCheckConfig: { serviceName: '' } } : {}),
};
const client = new Client(target, await channelCredentials(target), {
  'grpc.service_config': JSON.stringify(serviceConfig),
  ...(values.authority === undefined ? {} : { 'grpc.default_authority': values.authority }),
  ...(values.authority === undefined || values.ca === undefined
    ? {}
    : { 'grpc.ssl_target_name_override': values.authority }),
  ...(values['min-resolution-ms'] === undefined
    ? {}
    : { 'grpc.dns_min_time_between_resolutions_ms': Number(values['min-resolution-ms']) }),
  ...(values['no-retries'] ? { 'grpc.enable_retries': 0 } : {}),
  ...(values['keepalive-ms'] === undefined
    ? {}
    : {
        'grpc.keepalive_time_ms': Number(values['keepalive-ms']),
        'grpc.keepalive_timeout_ms': Number(values['keepalive-ms']) / 2,
      }),
});
const sayHello = greeterService.SayHello;
const results: CallResult[] = [];
const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));

await makeCalls(
  {
    calls: number(values.calls),
    rate: number(values.rate),
    durationMs: values.duration === undefined ? undefined : Number(values.duration) * 1000,
  },
  call,
  (result) => {
    results.push(result);
    if (!values.summary) console.log(JSON.stringify(result));
  },
);
if (values.summary) console.log(JSON.stringify(summarizeCalls(results)));
client.close();

async function channelCredentials(target: string): Promise<ChannelCredentials> {
  const plain =
    values.ca === undefined ? credentials.createInsecure() : credentials.createSsl(readFileSync(values.ca));
  if (!target.startsWith('xds:')) return plain;
  // It takes a second to load, which those on dns: need not wait for.
  const { register, XdsChannelCredentials } = await import('@grpc/grpc-js-xds');
  register();
  return values['xds-credentials'] ? new XdsChannelCredentials(plain) : plain;
}

function call(index: number): Promise<CallResult> {
  const deadline = Date.now() + Number(values.timeout) * 1000;
  const metadata = new Metadata({ waitForReady: values['wait-for-ready'] });
  return new Promise((resolve) => {
    const done = (error: ServiceError | null, reply?: HelloReply) => {
      const at = new Date().toISOString();
      if (reply) resolve({ server: reply.server, address: reply.address, ok: true, at });
      else resolve({ ok: false, code: error?.code ?? 2, error: error?.details ?? '', at });
    };
    if (!sayHello) throw new Error('greeter.proto has no SayHello');
    client.makeUnaryRequest<HelloRequest, HelloReply>(
      sayHello.path,
      sayHello.requestSerialize as (request: HelloRequest) => Buffer,
      sayHello.responseDeserialize as (bytes: Buffer) => HelloReply,
      { name: `node-${index}` },
      metadata,
      { deadline },
      done,
    );
  });
}
