import assert from 'node:assert/strict';
import { readDoctorConfig } from '../../../src/config/index.ts';
import type { RawFlags } from '../../../src/config/read-flags.ts';

const read = (raw: RawFlags, env: Record<string, string> = {}, podNamespace: string | null = null) =>
  readDoctorConfig(raw, env, { podNamespace });

describe('the configuration of rollcall doctor', () => {
  it('takes the namespace of the argument, then of the flag, then of the pod', () => {
    assert.equal(read({ registry: 'a/main', namespace: 'b' }, {}, 'c').registry.namespace, 'a');
    assert.equal(read({ registry: 'main', namespace: 'b' }, {}, 'c').registry.namespace, 'b');
    assert.deepEqual(read({ registry: 'main' }, {}, 'c\n').registry, { namespace: 'c', name: 'main' });
  });

  it('has defaults, and takes the name of a feed in any case', () => {
    assert.deepEqual(read({ registry: 'a/main' }, { ROLLCALL_FEED: 'trigger' }), {
      registry: { namespace: 'a', name: 'main' },
      ...{ kubeconfig: null, feed: 'Trigger', output: 'text', timeoutMs: 10_000 },
    });
    assert.equal(read({ registry: 'a/main' }).feed, null);
  });

  it('tells all that is wrong at once', () => {
    assert.throws(
      () => read({ registry: 'A/B', feed: 'x', output: 'yaml', timeout: '0s' }),
      (error: unknown) => {
        const { problems } = error as { problems: string[] };
        assert.equal(problems.length, 4);
        assert.match(problems[0] ?? '', /^REGISTRY: "A\/B" is neither/);
        return true;
      },
    );
    assert.throws(() => read({ registry: 'main' }), /--namespace \(ROLLCALL_NAMESPACE\): is needed/);
    assert.throws(() => read({ registry: 'main', namespace: 'No' }), {
      problems: [
        /* one only */ '--namespace (ROLLCALL_NAMESPACE): "No" is not the name of a namespace (lower case letters, digits and -, at most 63)',
      ],
    });
  });
});
