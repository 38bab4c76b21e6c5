import { parse, stringify } from 'yaml';

/** The PrometheusRule of the Prometheus Operator that holds the groups of a plain rules file. */
export function prometheusRule(rulesText: string, source: string): string {
  const { groups } = parse(rulesText) as { readonly groups: readonly unknown[] };
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'rollcall',
      namespace: 'rollcall-system',
      labels: { 'app.kubernetes.io/name': 'rollcall' },
    },
    spec: { groups },
  };
  return `# Made from ${source} by npm run generate. Change that, not this.\n${stringify(object, { lineWidth: 0 })}`;
}
