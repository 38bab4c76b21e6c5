import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { ConfigError } from '../../../src/lib/errors.ts';
import type { Logger } from '../../../src/lib/logger.ts';
import { healthEndpoint } from '../../../src/telemetry/endpoints.ts';
import { type HealthCheck, ping } from '../../../src/telemetry/health.ts';
import { HttpEndpoint, plain } from '../../../src/telemetry/http.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const FLAG = '--health-address (ROLLCALL_HEALTH_ADDRESS)';

function recordingLog(): { log: Logger; errors: string[] } {
  const errors: string[] = [];
  const ignore = (): void => undefined;
  const log: Logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (message) => errors.push(message),
    child: () => log,
  };
  return { log, errors };
}

describe('health endpoint', () => {
  let caches = false;
  let election: HealthCheck['check'] = () => ({ ok: true, message: 'ok' });
  let url = '';
  let endpoint: HttpEndpoint;

  before(async () => {
    endpoint = healthEndpoint(
      {
        live: [ping, { name: 'election', check: () => election() }],
        ready: [
          ping,
          {
            name: 'caches',
            check: () => ({ ok: caches, message: caches ? 'synced' : 'waiting for services' }),
          },
        ],
      },
      { address: LOOPBACK, flag: FLAG, log: recordingLog().log },
    );
    url = `http://127.0.0.1:${(await endpoint.listen()).port}`;
  });
  after(() => endpoint.close(0));

  async function get(path: string, method = 'GET'): Promise<[number, string]> {
    const response = await fetch(url + path, { method });
    return [response.status, await response.text()];
  }

  it('answers ok while every check passes', async () => {
    caches = true;
    assert.deepEqual(await get('/healthz'), [200, 'ok']);
    assert.deepEqual(await get('/livez'), [200, 'ok']);
    assert.deepEqual(await get('/readyz'), [200, 'ok']);
  });

  it('lists the checks when asked', async () => {
    caches = true;
    assert.deepEqual(await get('/readyz?verbose'), [
      200,
      '[+]ping ok\n[+]caches synced\nreadyz check passed\n',
    ]);
  });

  it('answers 503 and says what is missing when a check fails, and recovers', async () => {
    caches = false;
    const failed = '[+]ping ok\n[-]caches failed: waiting for services\nreadyz check failed\n';
    assert.deepEqual(await get('/readyz'), [503, failed]);
    assert.deepEqual(await get('/healthz'), [200, 'ok'], 'not ready is not dead');
    caches = true;
    assert.deepEqual(await get('/readyz'), [200, 'ok']);
  });

  it('takes a check that throws as failed', async () => {
    election = () => {
      throw new Error('no lease for ever');
    };
    const failed = '[+]ping ok\n[-]election failed: no lease for ever\nhealthz check failed\n';
    assert.deepEqual(await get('/healthz'), [503, failed]);
  });

  it('names the paths it has when asked for another', async () => {
    assert.deepEqual(await get('/metrics'), [404, 'nothing here; try /healthz, /livez, /readyz\n']);
  });

  it('answers HEAD without a body, and refuses what could change something', async () => {
    assert.deepEqual(await get('/readyz', 'HEAD'), [200, '']);
    assert.deepEqual(await get('/readyz', 'POST'), [405, 'only GET and HEAD\n']);
  });
});

describe('HTTP endpoint', () => {
  it('names the flag to change when its address is taken', async () => {
    const options = { flag: FLAG, routes: new Map(), log: recordingLog().log };
    const first = new HttpEndpoint({ ...options, address: LOOPBACK });
    const { port } = await first.listen();
    try {
      const second = new HttpEndpoint({ ...options, address: { host: '127.0.0.1', port } });
      await assert.rejects(second.listen(), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.problems, [
          `${FLAG}: 127.0.0.1:${port} is in use by another program; give it another address`,
        ]);
        return true;
      });
    } finally {
      await first.close(0);
    }
  });

  it('says so when the address is none of this machine', async () => {
    const address = { host: '192.0.2.1', port: 8080 };
    const endpoint = new HttpEndpoint({ address, flag: FLAG, routes: new Map(), log: recordingLog().log });
    await assert.rejects(endpoint.listen(), {
      name: 'ConfigError',
      message: `${FLAG}: 192.0.2.1:8080 is no address of this machine; give it another address`,
    });
  });

  it('answers 500 and logs when a route fails', async () => {
    const { log, errors } = recordingLog();
    const routes = new Map([['/x', () => Promise.reject(new Error('boom'))]]);
    const endpoint = new HttpEndpoint({ address: LOOPBACK, flag: FLAG, routes, log });
    const { port } = await endpoint.listen();
    const response = await fetch(`http://127.0.0.1:${port}/x`);
    assert.equal(response.status, 500);
    assert.equal(await response.text(), 'internal error\n');
    assert.deepEqual(errors, ['answering an HTTP request failed']);
    await endpoint.close(0);
  });

  it('finishes the answer under way when it is stopped, and takes no new connection', async () => {
    const events = new EventEmitter();
    const asked = once(events, 'asked');
    const slow = async (): Promise<ReturnType<typeof plain>> => {
      events.emit('asked');
      await once(events, 'release');
      return plain(200, 'done');
    };
    const routes = new Map([['/slow', slow]]);
    const endpoint = new HttpEndpoint({ address: LOOPBACK, flag: FLAG, routes, log: recordingLog().log });
    const { port } = await endpoint.listen();
    const stop = new AbortController();
    const running = endpoint.run(stop.signal, 60_000);
    const answer = fetch(`http://127.0.0.1:${port}/slow`, { headers: { connection: 'close' } });
    await asked;
    stop.abort();
    const refused = connect(port, '127.0.0.1');
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
    events.emit('release');
    assert.equal(await (await answer).text(), 'done');
    await running;
  });

  it('does not wait for a client that sends nothing', async () => {
    const endpoint = new HttpEndpoint({
      address: LOOPBACK,
      flag: FLAG,
      routes: new Map(),
      log: recordingLog().log,
    });
    const { port } = await endpoint.listen();
    const client = connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    client.write('GET / HTTP/1.1\r\n');
    await once(client, 'connect');
    const closed = once(client, 'close');
    await endpoint.close(10);
    await closed;
  });
});
