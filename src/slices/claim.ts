import type { KubeObject } from '../model/kube-objects.ts';

/**
 * Which of several GrpcServices that name one Service gets it: the oldest, and of those created in the same second the one with
 * the smaller UID. Undefined for none. Every replica answers the same.
 */
export function claimWinner<T extends KubeObject>(claimants: readonly T[]): T | undefined {
  return [...claimants].sort(byAge)[0];
}

function byAge(a: KubeObject, b: KubeObject): number {
  const [one, other] = [ageKey(a), ageKey(b)];
  return one === other ? 0 : one < other ? -1 : 1;
}

/** metav1.Time is RFC 3339 in UTC and whole seconds, so its text sorts as time; an object not stored yet is the youngest. */
function ageKey({ metadata }: KubeObject): string {
  return `${metadata.creationTimestamp ?? '~'} ${metadata.uid ?? ''}`;
}
