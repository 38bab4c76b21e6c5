import { type DoctorConfig, FEED_NAMES } from '../../config/index.ts';
import { RegistrySecrets } from '../../controller/registry-credentials.ts';
import { registryTimes } from '../../controller/registry-options.ts';
import { KubeApiError, type ResourceClient } from '../../controller/kube-ports.ts';
import type { Clock } from '../../lib/clock.ts';
import { RetryableError, TerminalError } from '../../lib/errors.ts';
import { within } from '../../lib/within.ts';
import type { Secret } from '../../model/kube-objects.ts';
import type { Registry } from '../../model/registry.ts';
import { examineDatabase } from '../../mysql/examine/examine-database.ts';
import { examineFeeds } from './examine-feeds.ts';
import { withOperatorsWord } from './operators-word.ts';
import { doctorReport, type DoctorReport } from './report.ts';

/** What the doctor works with. */
export interface Instruments {
  readonly registries: Pick<ResourceClient<Registry>, 'get'>;
  readonly secrets: ResourceClient<Secret>;
  /** Of the operator, `namespace:name`, where this runs as it; null: a person asks. */
  readonly serviceAccount: string | null;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Looks at a Registry and at all that it names. Changes nothing. Throws TerminalError RegistryNotFound or InvalidSpec. */
export async function examineRegistry(
  { registry: { namespace, name }, feed, timeoutMs }: DoctorConfig,
  { registries, secrets: client, serviceAccount, clock, random }: Instruments,
  signal: AbortSignal,
): Promise<DoctorReport> {
  const registry = await within(
    clock,
    timeoutMs,
    (limited) => readRegistry(registries, { namespace, name }, serviceAccount, limited),
    signal,
  );
  const { spec } = registry;
  const parsed = registryTimes(spec);
  if (!parsed.ok) throw new TerminalError('InvalidSpec', parsed.message);
  const { times } = parsed;
  const { mysql, schema } = spec;
  const secrets = new RegistrySecrets(client, clock, namespace, serviceAccount);
  const common = {
    target: {
      host: mysql.host,
      port: mysql.port ?? 3306,
      database: mysql.database,
      tls: mysql.tls?.mode ?? 'Disabled',
    },
    access: ({ refresh }: { readonly refresh: boolean }) => secrets.read(mysql, refresh, signal),
    custom: schema?.custom ?? null,
    ...{ clock, timeoutMs },
  };
  const database = await examineDatabase({ ...common, maxReplicaLagMs: times.maxReplicaLagMs }, signal);
  const judged = feed ?? spec.feed?.type ?? 'Poll';
  const feeds = feed === null ? FEED_NAMES : [feed];
  const options = { ...common, spec, times, secrets, random };
  const looked = await examineFeeds(feeds, options, database.isConnected, signal);
  const reports = looked.map((each) => withOperatorsWord(each, registry));
  return doctorReport(`${namespace}/${name}`, judged, database.findings, reports);
}

async function readRegistry(
  registries: Instruments['registries'],
  { namespace, name }: DoctorConfig['registry'],
  serviceAccount: string | null,
  signal: AbortSignal,
): Promise<Registry> {
  const registry = await registries.get(namespace, name, signal).catch((cause: unknown) => {
    throw cause instanceof KubeApiError ? notRead(cause, namespace, serviceAccount) : cause;
  });
  if (registry !== null) return registry;
  throw new TerminalError(
    'RegistryNotFound',
    `there is no Registry ${name} in namespace ${namespace}; kubectl get registries -A shows those that there are`,
  );
}

function notRead(cause: KubeApiError, namespace: string, serviceAccount: string | null): Error {
  if (cause.code !== 403) return new RetryableError('the Registry could not be read', { cause });
  const subject = serviceAccount === null ? '--user=USER' : `--serviceaccount=${serviceAccount}`;
  const role = `role rollcall-doctor -n ${namespace} --verb=get --resource=registries.rollcall.dev,secrets`;
  const binding = `rolebinding rollcall-doctor -n ${namespace} --role=rollcall-doctor ${subject}`;
  return new TerminalError(
    'RegistryForbidden',
    `Registries in namespace ${namespace} may not be read (${cause.message}). Grant it: kubectl create ${role} && kubectl create ${binding}`,
    { cause },
  );
}
