import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { metricsThereAre } from '../../../local/generate/metric-reference.ts';
import { flagDocs } from '../../../src/config/index.ts';
import { checkout } from '../../support/manifests.ts';
import { anchorsOf } from '../../support/markdown.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

const { groups } = parse(read('deploy/monitoring/rollcall.rules.yaml')) as {
  groups: { rules: Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);

describe('deploy/', () => {
  describe('alerts', () => {
    const metrics = new Map(metricsThereAre().map((metric) => [metric.name, metric]));
    for (const { alert, expr, annotations } of rules) {
      it(`${alert} asks for metrics and labels that the operator has`, () => {
        const selectors = [...expr.matchAll(/\b([a-z]\w*_\w+)(?:\{([^}]*)\})?/g)];
        assert.ok(selectors.length > 0);
        for (const [, name = '', matchers = ''] of selectors) {
          if (name === 'histogram_quantile') continue;
          const metric = metrics.get(name.replace(/_(bucket|sum|count)$/, ''));
          assert.ok(metric, `there is no metric ${name}`);
          for (const [, label = ''] of matchers.matchAll(/(\w+)\s*[=!]/g)) {
            assert.ok(metric.labels.includes(label), `${name} has no label ${label}`);
          }
        }
        for (const [, labels = ''] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
          for (const label of labels.split(/,\s*/).filter((each) => each !== 'le')) {
            const has = selectors.some(([, name = '']) =>
              metrics.get(name.replace(/_(bucket|sum|count)$/, ''))?.labels.includes(label),
            );
            assert.ok(has, `no metric of ${expr} has the label ${label}`);
          }
        }
      });

      it(`${alert} leads to a section of the runbook`, () => {
        const [file = '', anchor = ''] = annotations.runbook.split('#');
        assert.ok(existsSync(join(checkout, file)), file);
        assert.ok(anchorsOf(read(file)).includes(anchor), `${file} has no #${anchor}`);
      });
    }
  });

  it('sets only variables that the operator reads', async () => {
    const known = flagDocs().flatMap(({ flags }) => flags.map(({ variable }) => variable));
    const used = new Set<string>();
    for await (const file of glob('deploy/**/*.yaml', { cwd: checkout })) {
      for (const [variable] of read(file).matchAll(/ROLLCALL_[A-Z_]+(?==|\n)/g)) used.add(variable);
    }
    assert.ok(used.size >= 3, [...used].join());
    assert.deepEqual(
      [...used].filter((variable) => !known.includes(variable)),
      [],
    );
  });

  it('probes and scrapes the ports that the operator listens on by default', () => {
    const deployment = parse(read('deploy/base/deployment.yaml')) as {
      spec: { template: { spec: { containers: { ports: { name: string; containerPort: number }[] }[] } } };
    };
    const ports = deployment.spec.template.spec.containers.flatMap((container) => container.ports);
    const defaults = new Map(
      flagDocs().flatMap(({ flags }) => flags.map((flag) => [flag.flag, flag.default])),
    );
    assert.deepEqual(
      ports.map(({ name, containerPort }) => [name, `:${containerPort}`]),
      [
        ['metrics', defaults.get('--metrics-address')],
        ['health', defaults.get('--health-address')],
        ['xds', defaults.get('--xds-address')],
      ],
    );
  });

  it('gives a stopping replica more time than --shutdown-grace', () => {
    const { spec } = parse(read('deploy/base/deployment.yaml')) as {
      spec: { template: { spec: { terminationGracePeriodSeconds: number } } };
    };
    const grace = flagDocs()
      .flatMap(({ flags }) => flags)
      .find(({ flag }) => flag === '--shutdown-grace')?.default;
    assert.ok(spec.template.spec.terminationGracePeriodSeconds > 2 * Number.parseInt(grace ?? '', 10));
  });

  it('names the Lease that the operator elects with', () => {
    const name = flagDocs()
      .flatMap(({ flags }) => flags)
      .find(({ flag }) => flag === '--leader-elect-lease-name')?.default;
    assert.match(read('deploy/base/role.yaml'), new RegExp(`resourceNames: \\[${name ?? ''}\\]`));
  });

  it('has the version of package.json as the tag of its image', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    for (const file of ['deploy/base/kustomization.yaml', 'deploy/overlays/try/kustomization.yaml']) {
      const { images } = parse(read(file)) as { images: { newTag: string }[] };
      assert.deepEqual(
        images.map(({ newTag }) => newTag),
        [version],
      );
    }
  });
});

function read(path: string): string {
  return readFileSync(join(checkout, path), 'utf8');
}
