import type { Condition } from '../model/kube-objects.ts';

/** A condition as an engine judges it, before it is known since when it holds. */
export interface Verdict {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase, one word of docs/operations.md. */
  readonly reason: string;
  /** What is wrong and what to type; '' only where nothing is. */
  readonly message: string;
}

/**
 * The conditions to store: those of `verdicts` in their order, each with the time its status last changed (API conventions: a change of reason
 * or message is no transition). Conditions of other types, which somebody else wrote, are kept behind them.
 */
export function mergeConditions(
  existing: readonly Condition[],
  verdicts: readonly Verdict[],
  observedGeneration: number,
  now: string,
): readonly Condition[] {
  const byType = new Map(existing.map((condition) => [condition.type, condition]));
  const ours = verdicts.map((verdict) => {
    const before = byType.get(verdict.type);
    const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : now;
    return { ...verdict, observedGeneration, lastTransitionTime };
  });
  const ourTypes = new Set(verdicts.map((verdict) => verdict.type));
  return [...ours, ...existing.filter((condition) => !ourTypes.has(condition.type))];
}

/** True when a person or an alert would see a difference at once: a condition's status or reason is another one. */
export function conditionsDiffer(before: readonly Condition[], after: readonly Condition[]): boolean {
  return before.length !== after.length || turns(before, after).length > 0;
}

/** RFC 3339 in whole seconds, as metav1.Time is written. */
export function metaTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** A condition that turned: another status or reason than before (`old` undefined: it is new). */
export interface Turn {
  readonly old: Condition | undefined;
  readonly now: Condition;
}

/** The conditions of `after` that turned. */
export function turns(before: readonly Condition[], after: readonly Condition[]): readonly Turn[] {
  const known = new Map(before.map((condition) => [condition.type, condition]));
  return after
    .map((now) => ({ old: known.get(now.type), now }))
    .filter(({ old, now }) => old?.status !== now.status || old.reason !== now.reason);
}
