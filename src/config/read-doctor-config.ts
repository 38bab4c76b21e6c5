import { ConfigError } from '../lib/errors.ts';
import type { DoctorConfig } from './doctor-config.ts';
import { doctorFlags, REGISTRY_ARGUMENT } from './doctor-flags.ts';
import { flagLabel } from './flag.ts';
import { deepFreeze, present } from './frozen.ts';
import { objectReference } from './kinds.ts';
import { type Environment, type RawFlags, readFlags } from './read-flags.ts';

/** What the doctor learns of the place it runs in, besides flags and environment. */
export interface DoctorSurroundings {
  /** Content of the file that names the pod's namespace; null outside a pod. */
  readonly podNamespace: string | null;
}

/** Argument, flags and environment as one frozen DoctorConfig. Throws ConfigError with every problem, not the first. */
export function readDoctorConfig(
  raw: RawFlags,
  env: Environment,
  { podNamespace }: DoctorSurroundings,
): DoctorConfig {
  const { values, problems, wrong } = readFlags(doctorFlags, raw, env);
  const given = raw[REGISTRY_ARGUMENT.key] ?? '';
  const reference = objectReference.parse(given);
  const own = podNamespace?.trim() ?? '';
  const registry = reference.ok
    ? { name: reference.value.name, namespace: reference.value.namespace ?? values.namespace ?? own }
    : null;
  const isLost = registry?.namespace === '' && !wrong.has('namespace');
  const all = [
    ...(reference.ok ? [] : [`${REGISTRY_ARGUMENT.placeholder}: "${given}" ${reference.problem}`]),
    ...problems,
    ...(isLost ? [NO_NAMESPACE] : []),
  ];
  if (all.length > 0) throw new ConfigError(all);
  return deepFreeze({
    registry: present(registry),
    kubeconfig: values.kubeconfig,
    feed: values.feed,
    output: present(values.output),
    timeoutMs: present(values.timeout),
  });
}

const NO_NAMESPACE = `${flagLabel('namespace')}: is needed outside a pod where ${REGISTRY_ARGUMENT.placeholder} names no namespace`;
