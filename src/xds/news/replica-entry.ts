import type { XdsRefusalStatus, XdsReplicaStatus } from '../../model/grpcservice.ts';
import type { StandingRefusal } from './refusal-log.ts';

/** Refusals that an entry has room for. */
const SHOWN = 10;
/** Characters of a client's reason. */
const REASON_LENGTH = 300;
/** Characters of a client's name: as many as a pod's has. */
const NODE_LENGTH = 253;

/** What an entry says, apart from whose it is and when it was written. */
export type RefusalSummary = Pick<XdsReplicaStatus, 'clients' | 'refusals'>;

/** Sums up what clients refuse; null when they refuse nothing. Pure: the same refusals in any order give the same. */
export function summarise(standing: readonly StandingRefusal[]): RefusalSummary | null {
  if (standing.length === 0) return null;
  const groups = new Map<string, StandingRefusal[]>();
  for (const refusal of standing) {
    const id = JSON.stringify([refusal.typeUrl, refusal.resource, refusal.version, shortReason(refusal)]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [refusal]);
    else group.push(refusal);
  }
  const refusals = [...groups]
    .sort(([a, left], [b, right]) => right.length - left.length || (a < b ? -1 : 1))
    .slice(0, SHOWN)
    .map(([, group]) => describe(group));
  return { clients: new Set(standing.map(({ stream }) => stream)).size, refusals };
}

/** Whether people should be told at once: something else is refused, or for another reason. How many clients do is told when there is time. */
export function isTurn(before: RefusalSummary, now: RefusalSummary): boolean {
  return what(before) !== what(now);
}

function what({ refusals }: RefusalSummary): string {
  return refusals
    .map(({ type, resource, version, reason }) => JSON.stringify([type, resource, version, reason]))
    .sort()
    .join('\n');
}

function describe(group: readonly StandingRefusal[]): XdsRefusalStatus {
  const [first] = [...group].sort((a, b) => (a.node < b.node ? -1 : 1)) as [StandingRefusal];
  return {
    type: first.typeUrl.slice(first.typeUrl.lastIndexOf('.') + 1),
    resource: first.resource,
    version: first.version,
    reason: shortReason(first),
    clients: new Set(group.map(({ stream }) => stream)).size,
    node: oneLine(first.node, NODE_LENGTH),
  };
}

function shortReason({ reason }: StandingRefusal): string {
  const text = oneLine(reason, REASON_LENGTH);
  return text === '' ? 'no reason given' : text;
}

/** What a client says of itself, for a status and for terminals: on one line, cut, and without what moves a cursor. */
function oneLine(text: string, length: number): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
