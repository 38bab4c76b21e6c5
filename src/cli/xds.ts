import { readXdsConfig, type XdsConfig } from '../config/index.ts';
import type { ClientsReport } from '../xds/admin/clients.ts';
import type { ConfigReport } from '../xds/admin/resources.ts';
import type { CliContext, CommandModule } from './command.ts';
import { explanation } from './explanation.ts';
import { type Answer, askReplica } from './xds/ask.ts';
import { printClients, printConfig } from './xds/print.ts';

/** `rollcall xds clients|config`. Exit code 0; 1: a replica could not be asked, or has no such client. */
export const xdsCommand: CommandModule = {
  prepare: (raw, context) => {
    const config = readXdsConfig(raw, context.env);
    return {
      run: (signal) => run(config, context, signal),
      fail: (_message, error) => {
        context.stderr.write(`rollcall xds: ${explanation(error)}\n`);
      },
    };
  },
};

async function run(config: XdsConfig, context: CliContext, signal: AbortSignal): Promise<number> {
  const { stdout, stderr, clock } = context;
  const path = pathOf(config);
  const answers = await Promise.all(
    config.addresses.map((address) =>
      askReplica<ClientsReport | ConfigReport>(address, path, { clock, timeoutMs: config.timeoutMs, signal }),
    ),
  );
  const reports = answers.filter((answer) => answer.ok).map(({ report }) => report);
  for (const answer of answers) if (!answer.ok) stderr.write(`rollcall xds: ${answer.problem}\n`);
  if (reports.length > 0) stdout.write(await text(config, reports));
  return isComplete(config, answers) ? 0 : 1;
}

function pathOf({ what, service, nodeId, agent, region, zone }: XdsConfig): string {
  const params = new URLSearchParams();
  if (service !== null) params.set('service', `${service.namespace}/${service.name}`);
  if (what === 'clients') return `/xds/clients?${params.toString()}`;
  if (nodeId !== null) params.set('nodeId', nodeId);
  for (const [name, value] of Object.entries({ agent, region, zone })) params.set(name, value);
  return `/xds/config?${params.toString()}`;
}

async function text(
  { what, output, nodeId }: XdsConfig,
  reports: readonly (ClientsReport | ConfigReport)[],
): Promise<string> {
  switch (output) {
    case 'json':
      return `${JSON.stringify(reports, null, 2)}\n`;
    case 'yaml':
      return (await import('yaml')).stringify(reports);
    case 'table':
    case 'wide':
      return what === 'clients'
        ? printClients(reports as readonly ClientsReport[], output === 'wide')
        : printConfig(reports as readonly ConfigReport[], nodeId);
    default:
      return output satisfies never;
  }
}

/** One client is connected to one replica: that the others do not know it is no fault. */
function isComplete({ what }: XdsConfig, answers: readonly Answer<ClientsReport | ConfigReport>[]): boolean {
  if (answers.some(({ ok }) => !ok)) return false;
  if (what === 'clients') return true;
  return answers.some((answer) => answer.ok && (answer.report as ConfigReport).view !== null);
}
