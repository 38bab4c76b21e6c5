import type { ClientReport, ClientsReport } from '../../xds/admin/clients.ts';
import type { ConfigReport } from '../../xds/admin/resources.ts';
import { table, visible } from './table.ts';

/** Names of a client's resources that a wide table has room for. */
const NAMES = 3;

/** Clients as kubectl shows things: a line each, then what is refused in full. `wide`: with addresses, views and names. */
export function printClients(reports: readonly ClientsReport[], wide: boolean): string {
  const clients = reports.flatMap(({ replica, clients: own }) => own.map((client) => ({ replica, client })));
  const counted = `${clients.length} ${clients.length === 1 ? 'client' : 'clients'} on ${reports.length} ${reports.length === 1 ? 'replica' : 'replicas'}.`;
  if (clients.length === 0)
    return `No client is connected to ${reports.map(({ replica }) => replica).join(', ')}.\n`;
  const header = ['NODE', 'AGENT', 'ZONE', 'KIND', 'STATE', 'LAG', 'RESOURCES', 'SINCE', 'REPLICA'];
  const more = ['PEER', 'REGION', 'VIEW', 'NAMES'];
  const rows = clients.map(({ replica, client }) => [
    ...lineOf(client),
    replica,
    ...(wide ? [client.peer, client.region, client.view, namesOf(client)] : []),
  ]);
  const refusals = clients.flatMap(({ client }) => refusalLines(client));
  const parts = [table([[...header, ...(wide ? more : [])], ...rows]), counted, ...refusals];
  return `${parts.join('\n')}\n`;
}

function lineOf(client: ClientReport): readonly string[] {
  const { node, agent, zone, kind, state, lagMs, types, since } = client;
  const wanted = types.flatMap(({ resources }) => resources);
  const has = wanted.filter(({ acked }) => acked !== null);
  return [node, agent, zone, kind, state, `${lagMs}ms`, `${has.length}/${wanted.length}`, since];
}

function namesOf({ types }: ClientReport): string {
  const names = [...new Set(types.flatMap(({ resources }) => resources.map(({ name }) => name)))];
  const more = names.length > NAMES ? ` and ${names.length - NAMES} more` : '';
  return `${names.slice(0, NAMES).join(',')}${more}`;
}

function refusalLines({ node, peer, types }: ClientReport): readonly string[] {
  return types.flatMap(({ type, resources }) =>
    resources.flatMap(({ name, refused }) =>
      refused === null
        ? []
        : [
            visible(
              `${node} (${peer}) refuses ${type} ${name}, version ${refused.version}: ${refused.reason}`,
            ),
          ],
    ),
  );
}

/** Resources with their versions; their contents are for -o yaml and json. */
export function printConfig(reports: readonly ConfigReport[], nodeId: string | null): string {
  const parts = reports.map(({ replica, view, resources }) => {
    if (view === null) return `No client with node.id ${nodeId ?? ''} is connected to ${replica}.`;
    if (resources.length === 0) return `Nothing of this is served by ${replica} (view ${view}).`;
    const rows = resources.map(({ type, name, version }) => [type, name, version, view, replica]);
    return table([['TYPE', 'NAME', 'VERSION', 'VIEW', 'REPLICA'], ...rows]);
  });
  return `${parts.join('\n')}\n`;
}
