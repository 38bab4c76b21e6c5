/**
 * A gRPC server that registers itself by plain SQL and keeps beating.
 *
 *   node local/peers/greeter-server.ts --address 10.77.1.1:50051 --registry mysql://user:password@host/database
 *
 * With --redis redis://host:port it publishes each change, too, for the feed Redis.
 *
 * SIGTERM drains it: status DRAINING, a wait, status DOWN, the end. With --count N it is N servers on consecutive
 * addresses instead, which do not register.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { addressRange, startGreeter, startGreeters } from './greeter.ts';
import { Publishing } from './publishing.ts';
import { Registration } from './registration.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    address: { ...text, default: '10.77.1.1:50051' },
    id: text,
    service: { ...text, default: 'greeter' },
    registry: text,
    redis: text,
    'ttl-ms': { ...text, default: '6000' },
    'drain-ms': { ...text, default: '3000' },
    'max-connection-age-ms': text,
    weight: text,
    zone: text,
    region: text,
    metadata: text,
    count: text,
    'tls-cert': text,
    'tls-key': text,
  },
});

const say = (line: object) => console.log(JSON.stringify({ ...line, at: new Date().toISOString() }));
const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));
const [, host = '', portText = ''] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(values.address) ?? [];
const port = Number(portText);

if (values.count === undefined) await serveOne();
else await serveMany(Number(values.count));

async function serveMany(count: number): Promise<void> {
  const addresses = addressRange(host, count);
  await startGreeters(addresses, port);
  say({ serving: count, first: addresses[0], last: addresses.at(-1), port });
  // With nothing registered there is nothing to drain.
  process.on('SIGTERM', () => process.exit(0));
}

async function serveOne(): Promise<void> {
  const id = values.id ?? values.address;
  const { 'tls-cert': certFile, 'tls-key': keyFile } = values;
  const greeter = await startGreeter({
    ...{ id, address: host, port, maxConnectionAgeMs: number(values['max-connection-age-ms']) },
    tls: certFile && keyFile ? { certFile, keyFile } : undefined,
  });
  const publishing = values.redis === undefined ? undefined : await Publishing.start(values.redis);
  const registration = values.registry === undefined ? undefined : register(values.registry, id, publishing);
  await registration?.start();
  say({ serving: id, address: greeter.target });

  process.once('SIGTERM', () => {
    void (async () => {
      say({ draining: id });
      await registration?.drain();
      greeter.setServing(false);
      await sleep(Number(values['drain-ms']));
      await registration?.stop();
      publishing?.stop();
      await greeter.stop();
      say({ stopped: id });
      process.exit(0);
    })();
  });
}

function register(url: string, instanceId: string, publishing: Publishing | undefined): Registration {
  return new Registration({
    ...{ url, instanceId, service: values.service, address: host, port, ttlMs: Number(values['ttl-ms']) },
    ...{ weight: number(values.weight), zone: values.zone, region: values.region },
    metadata:
      values.metadata === undefined ? undefined : (JSON.parse(values.metadata) as Record<string, unknown>),
    onCommitted: (service) => publishing?.committed(service) ?? Promise.resolve(),
    onTrouble: (problem) =>
      say(problem === undefined ? { database: 'answers again' } : { database: problem }),
  });
}
