import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { program } from '../../../local/components/index.ts';
import { RPC, RpcRefused } from '../../../src/xds/rpc.ts';
import { framed, startRpcServer } from '../../support/rpc-server.ts';
import { needs } from '../../support/testbed/index.ts';

describe("a client on gRPC's C core at the RPC server", () => {
  it('streams, and is told every status as it was meant', async function () {
    needs(this, 'grpcPythonClient');
    this.timeout(60_000);
    const server = await startRpcServer({
      onOpen: ({ method }) => {
        if (method === '/test.Echo/Missing') throw new RpcRefused(RPC.unimplemented, `nichts für ${method}`);
      },
      onMessage: (stream, body) => {
        if (stream.method !== '/test.Echo/Refused') stream.send(framed(body));
        else stream.end({ code: RPC.failedPrecondition, message: 'später: 100 %\nnicht' });
      },
    });
    const script = join(import.meta.dirname, '../../support/rpc_probe.py');
    const child = spawn(program('grpcPythonClient', 'bin/python3'), [script, `127.0.0.1:${server.port}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines: { readonly what: string; readonly details?: string }[] = [];
    let stopped: Promise<void> | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      const told = JSON.parse(line) as (typeof lines)[number];
      lines.push(told);
      if (told.what === 'open') stopped = server.stop();
    }
    await exited;
    await (stopped ?? server.stop());
    // Client and server have the same deadline, and whoever notices it first says so.
    const deadline = lines.find(({ what }) => what === 'deadline')?.details ?? '';
    assert.match(deadline, /^(Deadline Exceeded|the deadline of the call has passed)$/);
    assert.deepEqual(lines, [
      { what: 'echo', sizes: [0, 1, 16_384, 100_000, 3_000_000] },
      { what: '/test.Echo/Missing', code: 'UNIMPLEMENTED', details: 'nichts für /test.Echo/Missing' },
      { what: '/test.Echo/Refused', code: 'FAILED_PRECONDITION', details: 'später: 100 %\nnicht' },
      { what: 'deadline', code: 'DEADLINE_EXCEEDED', details: deadline },
      {
        what: 'gzip',
        code: 'UNIMPLEMENTED',
        details: 'grpc-encoding gzip is not spoken here; send identity',
      },
      { what: 'open', first: 'last' },
      { what: 'stop', code: 'UNAVAILABLE', details: 'the server stops; connect to another' },
    ]);
    assert.deepEqual(server.logger.messages('error'), []);
  });
});
