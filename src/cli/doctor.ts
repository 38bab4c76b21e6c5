import { type DoctorConfig, readDoctorConfig } from '../config/index.ts';
import { maskText } from '../telemetry/loggable.ts';
import type { CliContext, CommandModule } from './command.ts';
import { explanation } from './explanation.ts';
import { podNamespace } from './pod-namespace.ts';

/** `rollcall doctor`: the report on standard output. Exit code 0: the database and the feed are fine; 1: they are not, or it could not be looked at. */
export const doctorCommand: CommandModule = {
  prepare: (raw, context) => {
    const ownNamespace = podNamespace();
    const config = readDoctorConfig(raw, context.env, { podNamespace: ownNamespace });
    // The ServiceAccount as deploy/ names it.
    const serviceAccount = config.kubeconfig === null ? `${ownNamespace ?? ''}:rollcall` : null;
    return {
      run: (signal) => run(config, serviceAccount, context, signal),
      fail: (_message, error) => {
        context.stderr.write(maskText(`rollcall doctor: ${explanation(error)}\n`));
      },
    };
  },
};

async function run(
  config: DoctorConfig,
  serviceAccount: string | null,
  context: CliContext,
  signal: AbortSignal,
): Promise<number> {
  const { clock, random, stdout, version } = context;
  // Loaded last: the vendors' code takes half a second, and wrong flags should be told of at once.
  const [{ apiClients }, { examineRegistry }, { printReport }] = await Promise.all([
    import('../app/api-clients.ts'),
    import('./doctor/examine.ts'),
    import('./doctor/print.ts'),
  ]);
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = context.env;
  const options = { kubeconfig: config.kubeconfig, apiServer: { host, port }, version, clock, random };
  const clients = await apiClients(options);
  try {
    const instruments = { ...clients, serviceAccount, clock, random };
    const report = await examineRegistry(config, instruments, signal);
    stdout.write(
      maskText(config.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : printReport(report)),
    );
    return report.fine ? 0 : 1;
  } finally {
    await clients.close();
  }
}
