import assert from 'node:assert/strict';
import type { ApiServer } from '../../../local/servers/api-server.ts';
import { ApiEventRecorder } from '../../../src/kube/event-recorder.ts';
import type { KubeEvent } from '../../../src/kube/kube-event.ts';
import { ApiResourceClient } from '../../../src/kube/resource-client.ts';
import { EVENTS } from '../../../src/kube/resources.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { testbed } from '../../support/testbed/index.ts';
import { Bench, eventually, never, slice } from './bench.ts';

describe('ApiEventRecorder on a real API server', function () {
  this.timeout(30_000);
  let apiServer: ApiServer;
  let bench: Bench;
  const namespace = 'events';

  before(async () => {
    apiServer = (await testbed.cluster()).apiServer;
    await apiServer.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  });
  beforeEach(async () => {
    bench = await Bench.start(apiServer);
  });
  afterEach(() => bench.dispose());

  const start = () => {
    const outcomes: string[] = [];
    const client = new ApiResourceClient<KubeEvent>(bench.transport, EVENTS);
    const recorder = new ApiEventRecorder({
      ...{
        client,
        reportingInstance: 'rollcall-0',
        clock: systemClock,
        random: Math.random,
        logger: bench.logger,
      },
      observer: { eventRecorded: (outcome) => outcomes.push(outcome) },
    });
    const stop = new AbortController();
    const running = recorder.run(stop.signal);
    const end = async (): Promise<void> => {
      stop.abort(new Error('stopping'));
      await running;
    };
    return { recorder, outcomes, client, end };
  };

  it('records an event that the API server takes as it is, and counts its repetition as a series', async () => {
    const about = await bench.slices().create(slice(namespace, 'orders'), never);
    const { recorder, outcomes, client, end } = start();
    recorder.event(about, 'Warning', 'RowRejected', `row o-1: ${'é'.repeat(2000)}`);
    await eventually(() => assert.deepEqual(outcomes, ['sent']));
    recorder.event(about, 'Warning', 'RowRejected', `row o-1: ${'é'.repeat(2000)}`);
    await eventually(() => assert.deepEqual(outcomes, ['sent', 'counted', 'sent']));
    const [event, ...others] = (await client.list({ namespace }, never)).filter(
      ({ reason }) => reason === 'RowRejected',
    );
    assert.deepEqual(others, []);
    assert.equal(event?.series?.count, 2);
    assert.equal(event.regarding.uid, about.metadata.uid);
    const described = await apiServer.kubectl(['-n', namespace, 'events', '--for', 'endpointslice/orders']);
    assert.match(described, /RowRejected/);
    await end();
  });

  it('sends what is pending when it is stopped, and counts what the API server will not have', async () => {
    const { recorder, outcomes, end } = start();
    recorder.event(slice('no-such-namespace', 'orders'), 'Normal', 'Published', 'to nowhere');
    recorder.event(slice(namespace, 'late'), 'Normal', 'Published', 'last words');
    await end();
    assert.deepEqual(outcomes, ['failed', 'sent']);
  });
});
