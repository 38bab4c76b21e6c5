import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checkout } from './manifests.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

/** The container of deploy/proxy. */
export interface ProxyContainer {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly Variable[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
}

/** The pod of deploy/proxy. */
export interface ProxyPod {
  readonly terminationGracePeriodSeconds: number;
  readonly container: ProxyContainer;
}

/** The pod that deploy/proxy/deployment.yaml describes. */
export function proxyPod(): ProxyPod {
  const { spec } = parse(readFileSync(join(checkout, 'deploy/proxy/deployment.yaml'), 'utf8')) as {
    spec: {
      template: { spec: { terminationGracePeriodSeconds: number; containers: [ProxyContainer] } };
    };
  };
  const { terminationGracePeriodSeconds, containers } = spec.template.spec;
  return { terminationGracePeriodSeconds, container: containers[0] };
}

/** The bootstrap.json of deploy/proxy, as text. */
export function proxyBootstrap(): string {
  return readFileSync(join(checkout, 'deploy/proxy/bootstrap.json'), 'utf8');
}

/** What the kubelet puts into the environment: each variable as written, or from the field of the pod that it names. */
export function environmentOf(
  { env }: ProxyContainer,
  fields: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => [
      name,
      value ?? fields[valueFrom?.fieldRef.fieldPath ?? ''] ?? '',
    ]),
  );
}

/** The arguments as the kubelet expands them: `$(NAME)` is the variable NAME. */
export function argumentsOf(
  { args }: ProxyContainer,
  env: Readonly<Record<string, string>>,
): readonly string[] {
  return args.map((text) => text.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => env[name] ?? whole));
}
