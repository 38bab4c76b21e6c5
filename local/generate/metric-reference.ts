import { createMetrics } from '../../src/telemetry/metrics.ts';
import { code, page, table } from './markdown.ts';

/** One metric, as the page shows it. */
export interface MetricDoc {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** What prom-client keeps of a metric, beyond what its types tell. */
interface Registered {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames?: readonly string[];
}

/** The metrics that an operator registers, in alphabetical order. */
export function metricsThereAre(): readonly MetricDoc[] {
  const { register } = createMetrics({
    version: '0',
    apiHost: 'api',
    eventLoop: () => ({ p50: 0, p90: 0, p99: 0, max: 0 }),
  });
  return (register.getMetricsAsArray() as unknown as readonly Registered[])
    .map(({ name, type, help, labelNames = [] }) => ({ name, type, help, labels: labelNames }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const families: readonly {
  readonly title: string;
  readonly about: string;
  readonly prefixes: readonly string[];
}[] = [
  {
    title: 'Rollcall',
    about:
      'What the operator does. The names that end like those of the EndpointSlice controller mean the same.',
    prefixes: ['rollcall_'],
  },
  {
    title: 'Controller',
    about:
      'Under the names of controller-runtime and client-go, with their labels, so that dashboards made for them work.',
    prefixes: ['controller_runtime_', 'workqueue_', 'rest_client_', 'leader_election_'],
  },
  {
    title: 'gRPC',
    about: 'The calls that the xDS server takes, under the names of go-grpc-prometheus and its successors.',
    prefixes: ['grpc_server_'],
  },
  {
    title: 'Process',
    about: 'From prom-client: the process and Node.js.',
    prefixes: ['process_', 'nodejs_'],
  },
];

/** The page of all metrics. */
export function metricReference(metrics: readonly MetricDoc[]): string {
  const known = families.flatMap(({ prefixes }) => prefixes);
  const homeless = metrics.filter(({ name }) => !known.some((prefix) => name.startsWith(prefix)));
  if (homeless.length > 0) throw new Error(`no family has ${homeless.map(({ name }) => name).join(', ')}`);
  return page('src/telemetry', [
    '# Metrics',
    'Served at `/metrics` on `--metrics-address`, by every replica. What only the leader does is counted by the leader only. docs/operations.md says which of them to watch.',
    ...families.flatMap(({ title, about, prefixes }) => [
      `## ${title}`,
      about,
      table(
        ['Metric', 'Type', 'Labels', 'Meaning'],
        metrics
          .filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)))
          .map(({ name, type, labels, help }) => [
            code(name),
            type,
            labels.map(code).join(', '),
            help.endsWith('.') ? help : `${help}.`,
          ]),
      ),
    ]),
  ]);
}
