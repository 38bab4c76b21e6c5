import type { GrpcService, GrpcServiceStatus } from '../model/grpcservice.ts';
import type { RejectedInstance } from '../model/instance.ts';
import { turns } from './conditions.ts';
import type { EventRecorder } from './kube-ports.ts';

/** Rejected rows named in one event. */
const NAMED = 5;

/**
 * Tells of transitions in `kubectl describe`: of a condition that turned, and of rows that are rejected and were not before.
 * Whatever the status says already is not said again.
 */
export function announce(
  events: EventRecorder,
  grpcService: GrpcService,
  status: GrpcServiceStatus,
  rejected: readonly RejectedInstance[],
): void {
  for (const { old, now } of turns(grpcService.status?.conditions ?? [], status.conditions ?? [])) {
    if (now.status === 'Unknown') continue;
    // Protected is True when something is amiss; a condition that starts out well is no news, one that turns well again is.
    const isGood = (now.status === 'False') === (now.type === 'Protected');
    if (isGood && (old === undefined || now.type !== 'Ready')) continue;
    events.event(grpcService, isGood ? 'Normal' : 'Warning', now.reason, now.message);
  }
  announceRejected(events, grpcService, rejected);
}

function announceRejected(
  events: EventRecorder,
  grpcService: GrpcService,
  rejected: readonly RejectedInstance[],
): void {
  const known = new Set(
    (grpcService.status?.rejected ?? []).map(({ instanceId, reason }) => `${reason} ${instanceId}`),
  );
  const shown = rejected.slice(0, NAMED);
  if (shown.every(({ instanceId, reason }) => known.has(`${reason} ${instanceId}`))) return;
  const named = shown.map(({ instanceId, message }) => `${instanceId}: ${message}`).join('; ');
  const more = rejected.length > NAMED ? `; and ${rejected.length - NAMED} more` : '';
  events.event(grpcService, 'Warning', 'InstanceRejected', `${named}${more}`);
}
