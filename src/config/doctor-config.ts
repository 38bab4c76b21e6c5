/** What spec.feed.type may be. */
export type FeedName = (typeof FEED_NAMES)[number];

export const FEED_NAMES = ['Poll', 'Trigger', 'Redis', 'Binlog', 'Canal'] as const;

/** What `rollcall doctor` runs with. */
export interface DoctorConfig {
  readonly registry: { readonly namespace: string; readonly name: string };
  /** A kubeconfig file; null: the pod's own ServiceAccount. */
  readonly kubeconfig: string | null;
  /** The one feed to look at; null: all of them. */
  readonly feed: FeedName | null;
  readonly output: 'text' | 'json';
  /** How long each check may take, in ms. */
  readonly timeoutMs: number;
}
