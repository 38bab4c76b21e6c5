import { createHash } from 'node:crypto';
import type { KubeObject } from '../model/kube-objects.ts';
import type { EventSeries, KubeEvent } from './kube-event.ts';
import { microTime } from './micro-time.ts';

/** reportingController of all events. */
export const REPORTING_CONTROLLER = 'rollcall.dev/operator';

/** Limits of events.k8s.io/v1 (pkg/apis/core/validation/events.go), in bytes. */
const NOTE_BYTES = 1024;
const WORD_BYTES = 128;
/** A name has 253 at most, and ours ends in a dot and 16 digits. */
const NAME_LENGTH = 253 - 17;

/** What one event says, before it is an object. */
export interface EventContent {
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly reportingInstance: string;
  /** Wall clock when it first came. */
  readonly wallMs: number;
  readonly series: EventSeries | undefined;
}

/** Events are equal, and counted as one series, when this is. */
export function seriesKey(about: KubeObject, type: string, reason: string, message: string): string {
  return [objectId(about), type, reason, message].join('\n');
}

/** Names the object an event is about, for limits. */
export function objectId(about: KubeObject): string {
  const { uid, namespace = '', name } = about.metadata;
  return uid ?? `${about.kind ?? ''}/${namespace}/${name}`;
}

/** The object to create. Its name follows from its content, so that creating it twice is noticed. */
export function eventObject(content: EventContent): KubeEvent {
  const { about, type, reason, message, reportingInstance, wallMs, series } = content;
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const hash = createHash('sha1')
    .update(seriesKey(about, type, reason, message))
    .update(`${reportingInstance} ${wallMs}`)
    .digest('hex');
  return {
    // Events about objects without a namespace live in `default`.
    metadata: {
      namespace: namespace ?? 'default',
      name: `${name.slice(0, NAME_LENGTH)}.${hash.slice(0, 16)}`,
    },
    eventTime: microTime(wallMs),
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: cut(reportingInstance, WORD_BYTES),
    action: 'Reconcile',
    reason: cut(reason, WORD_BYTES),
    regarding: {
      name,
      ...(about.apiVersion !== undefined && { apiVersion: about.apiVersion }),
      ...(about.kind !== undefined && { kind: about.kind }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    note: cut(message, NOTE_BYTES),
    type,
    ...(series !== undefined && { series }),
  };
}

/** At most `bytes` bytes of UTF-8, ended by an ellipsis where something is missing; never half a character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const ellipsis = '…';
  const room = bytes - Buffer.byteLength(ellipsis);
  const { written, read } = new TextEncoder().encodeInto(text, new Uint8Array(room));
  return written <= room ? text.slice(0, read) + ellipsis : ellipsis;
}
