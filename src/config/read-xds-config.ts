import { ConfigError } from '../lib/errors.ts';
import { flagLabel, flagName } from './flag.ts';
import { deepFreeze, present } from './frozen.ts';
import { oneOf } from './kinds.ts';
import { type Environment, type RawFlags, readFlags } from './read-flags.ts';
import type { XdsConfig } from './xds-config.ts';
import { XDS_ARGUMENT, xdsFlags } from './xds-flags.ts';

/** Argument, flags and environment as one frozen XdsConfig. Throws ConfigError with every problem, not the first. */
export function readXdsConfig(raw: RawFlags, env: Environment): XdsConfig {
  const { values, problems, wrong } = readFlags(xdsFlags, raw, env);
  const given = raw[XDS_ARGUMENT.key] ?? '';
  const what = oneOf(['clients', 'config']).parse(given);
  const isAboutNobody =
    what.ok && what.value === 'config' && values.nodeId === null && values.service === null;
  const all = [
    ...(what.ok ? [] : [`"${given}" ${what.problem}`]),
    ...problems,
    ...(isAboutNobody && !wrong.has('service') ? [NOBODY] : []),
  ];
  if (!what.ok || all.length > 0) throw new ConfigError(all);
  return deepFreeze({
    what: what.value,
    addresses: present(values.address),
    service: values.service,
    nodeId: values.nodeId,
    agent: present(values.agent),
    region: values.region ?? '',
    zone: values.zone ?? '',
    output: present(values.output),
    timeoutMs: present(values.timeout),
  });
}

const NOBODY = `config: say whose, with ${flagLabel('nodeId')} of a client that is connected, or of which GrpcService, with ${flagName('service')} NAMESPACE/NAME`;
