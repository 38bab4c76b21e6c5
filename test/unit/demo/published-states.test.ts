import assert from 'node:assert/strict';
import { publishedStates } from '../../../local/demo/published-states.ts';
import type { ShownSlice } from '../../../local/demo/state.ts';
import { demoState } from '../../support/demo-state.ts';

const [greeter] = demoState().grpcServices;
assert.ok(greeter);

const slice = (owner: string, state: 'ready' | 'draining', ip = '10.77.1.1'): ShownSlice => ({
  ...{ namespace: 'demo', name: `${owner}-4-abc-1`, owner, addressType: 'IPv4', port: 50051 },
  endpoints: [{ ip, state }],
});

describe('publishedStates', () => {
  it('names instances by the service in the registry, not by the name in the cluster', () => {
    const hello = { ...greeter, name: 'hi', service: 'hello' };
    const states = publishedStates([slice('greeter', 'draining'), slice('hi', 'ready')], [greeter, hello]);
    assert.deepEqual(Object.fromEntries(states), {
      'greeter 10.77.1.1:50051': 'draining',
      'hello 10.77.1.1:50051': 'ready',
    });
  });

  it('takes an instance for ready that is ready in any of its slices', () => {
    const twin = { ...greeter, name: 'twin' };
    for (const slices of [
      [slice('greeter', 'ready'), slice('twin', 'draining')],
      [slice('greeter', 'draining'), slice('twin', 'ready')],
    ]) {
      assert.equal(publishedStates(slices, [greeter, twin]).get('greeter 10.77.1.1:50051'), 'ready');
    }
  });

  it('writes IPv6 addresses in brackets, and leaves out slices whose GrpcService is gone', () => {
    const states = publishedStates([slice('greeter', 'ready', 'fd77::1'), slice('gone', 'ready')], [greeter]);
    assert.deepEqual([...states.keys()], ['greeter [fd77::1]:50051']);
  });
});
