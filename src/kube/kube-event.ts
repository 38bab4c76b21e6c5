import type { KubeObject } from '../model/kube-objects.ts';

/** v1 ObjectReference, as far as events use it. */
export interface ObjectReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** events.k8s.io/v1 Event. */
export interface KubeEvent extends KubeObject {
  /** MicroTime. */
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly regarding: ObjectReference;
  readonly note: string;
  readonly type: 'Normal' | 'Warning';
  readonly series?: EventSeries;
}

/** How often an equal event came, and when last. */
export interface EventSeries {
  readonly count: number;
  /** MicroTime. */
  readonly lastObservedTime: string;
}
