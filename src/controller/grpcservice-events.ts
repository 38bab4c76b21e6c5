import type { GrpcService, GrpcServiceStatus } from '../model/grpcservice.ts';
import type { RejectedInstance } from '../model/instance.ts';
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
  const before = new Map(
    (grpcService.status?.conditions ?? []).map((condition) => [condition.type, condition]),
  );
  for (const { type, status: value, reason, message } of status.conditions ?? []) {
    const old = before.get(type);
    if (old?.status === value && old.reason === reason) continue;
    // A condition that starts out well is no news; one that turns well again is.
    const good = (value === 'False') === (type === 'Protected');
    if (good && (old === undefined || type !== 'Ready')) continue;
    events.event(grpcService, good ? 'Normal' : 'Warning', reason, message);
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
