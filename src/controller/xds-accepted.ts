import type { XdsRefusalStatus, XdsReplicaStatus } from '../model/grpcservice.ts';
import type { Verdict } from './conditions.ts';

/** Refusals that the message has room for; `status.xds` has more. */
const SHOWN = 3;

/** XdsAccepted: what all replicas hear from their clients, as one condition. */
export function xdsAccepted(replicas: readonly XdsReplicaStatus[]): Verdict {
  const clients = replicas.reduce((sum, each) => sum + each.clients, 0);
  if (clients === 0) {
    return {
      ...{ type: 'XdsAccepted', status: 'True', reason: 'Accepted' },
      message: 'No xDS client refuses what it is sent.',
    };
  }
  const refusals = replicas
    .flatMap(({ replica, refusals: own }) => own.map((refusal) => ({ ...refusal, replica })))
    .sort((a, b) => b.clients - a.clients);
  const more = refusals.length > SHOWN ? `; and ${refusals.length - SHOWN} more in status.xds` : '';
  const who = clients === 1 ? 'One xDS client refuses' : `${clients} xDS clients refuse`;
  return {
    ...{ type: 'XdsAccepted', status: 'False', reason: 'RefusedByClients' },
    message: `${who} what is sent: ${refusals.slice(0, SHOWN).map(sentence).join('; ')}${more}. They go on with what they accepted last. Take out of spec.xds what the reason names, or update the client's gRPC library.`,
  };
}

function sentence(refusal: XdsRefusalStatus & { readonly replica: string }): string {
  const { node, clients, type, resource, version, reason, replica } = refusal;
  const who = clients === 1 ? node : `${node} and ${clients - 1} more`;
  return `${who} (${type} ${resource}, version ${version}, on replica ${replica}): ${reason}`;
}
