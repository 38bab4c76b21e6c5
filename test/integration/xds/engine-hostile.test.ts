import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { waitFor } from '../../../local/lib/wait.ts';
import { RPC } from '../../../src/xds/rpc.ts';
import { encode } from '../../support/xds/messages.ts';
import { startEngine, type EngineSubject } from '../../support/xds/engine-subject.ts';
import { assignment, typeUrls } from '../../support/xds/resources.ts';
import { methodOf, XdsStream } from '../../support/xds/stream.ts';
import { Subscription, testNode } from '../../support/xds/subscription.ts';

const sotw = methodOf({ protocol: 'sotw', service: 'ads' }, 'endpoints');
const delta = methodOf({ protocol: 'delta', service: 'ads' }, 'endpoints');
const patience = { answerMs: 3_000, quietMs: 100 };

/** Endpoints that are more than a window of HTTP/2. */
const large = (last: number) =>
  assignment('big.shop', ...Array.from({ length: 5_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}:${last}`));

/** A good client that must not feel what another does. */
async function proves(subject: EngineSubject, port: number): Promise<void> {
  const stream = new XdsStream(subject.target, sotw, patience);
  const subscription = new Subscription(stream, 'endpoints', { node: testNode });
  subscription.subscribe(['orders.shop']);
  await subject.apply([assignment('orders.shop', `10.0.0.1:${port}`)]);
  subscription.ack(await stream.next());
  stream.close();
}

/** A request as it is on the wire. */
function framed(fields: object): Buffer {
  const body = encode('envoy.service.discovery.v3.DiscoveryRequest', fields);
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32BE(body.length, 1);
  frame.set(body, 5);
  return frame;
}

describe('clients that harm themselves, and no other', () => {
  let subject: EngineSubject;
  before(async () => {
    subject = await startEngine({ unreadMs: 500, answersPerSecond: 20, answersBurst: 30 });
    await subject.apply([large(1), assignment('orders.shop', '10.0.0.1:1')]);
  });
  after(() => subject.close());

  it('ends the stream of a client that reads nothing, with a reason, and forgets it', async () => {
    const session = connect(`http://${subject.target}`);
    const call = session.request({
      ':method': 'POST',
      ':path': sotw,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    // It may be reset: its data never leave.
    call.on('error', () => undefined);
    call.write(framed({ node: testNode, typeUrl: typeUrls.endpoints, resourceNames: ['big.shop'] }));
    await waitFor('the stream to be listed', () => subject.service.list().length === 1);
    const [listed] = subject.service.list();
    for (let last = 2; last < 10; last += 1) await subject.apply([large(last)]);
    await proves(subject, 2);
    await waitFor('the stream to be ended', () =>
      subject.observer.lines.includes(`closed ${listed?.id ?? 0} ${RPC.deadlineExceeded}`),
    );
    assert.equal(
      subject.observer.lines.filter((line) => line.startsWith(`sent ${listed?.id ?? 0} `)).length,
      1,
    );
    assert.deepEqual(
      subject.service.list().filter(({ id }) => id === listed?.id),
      [],
    );
    session.destroy();
    await proves(subject, 3);
  });

  it('ends the stream of a client that subscribes to too many names with RESOURCE_EXHAUSTED', async () => {
    const stream = new XdsStream(subject.target, sotw, patience);
    const names = Array.from({ length: 20_000 }, (_, index) => `n${index}`);
    stream.send({ node: testNode, typeUrl: typeUrls.endpoints, resourceNames: names });
    const { code, details } = await stream.ended();
    assert.equal(code, RPC.resourceExhausted);
    assert.match(details, /20000 names.*at most 10000/);
    stream.close();
    await proves(subject, 4);
  });

  it('answers a client that asks for the same without end at a bounded rate', async () => {
    const stream = new XdsStream(subject.target, delta, patience);
    stream.send({ node: testNode, typeUrl: typeUrls.endpoints, resourceNamesSubscribe: ['orders.shop'] });
    const startMs = performance.now();
    let answers = 0;
    while (performance.now() - startMs < 1_500) {
      const { nonce } = await stream.next();
      answers += 1;
      stream.send({
        typeUrl: typeUrls.endpoints,
        responseNonce: nonce,
        resourceNamesSubscribe: ['orders.shop'],
      });
    }
    const tookMs = performance.now() - startMs;
    assert.ok(answers <= 30 + (20 * tookMs) / 1_000 + 2, `${answers} answers in ${tookMs} ms`);
    stream.close();
    await proves(subject, 5);
  });

  it('sends a client that refuses everything nothing twice', async () => {
    const stream = new XdsStream(subject.target, sotw, patience);
    const subscription = new Subscription(stream, 'endpoints', { node: testNode });
    subscription.subscribe(['orders.shop', 'big.shop']);
    subscription.nack(await stream.next());
    await stream.quiet();
    stream.close();
    await proves(subject, 6);
  });
});
