/** The values of --feed, and of spec.feed.type. */
export const feedTypes = {
  poll: 'Poll',
  trigger: 'Trigger',
  redis: 'Redis',
  binlog: 'Binlog',
  canal: 'Canal',
} as const;

/** A value of --feed. */
export type FeedKind = keyof typeof feedTypes;

export const feedKinds = Object.keys(feedTypes) as readonly FeedKind[];

/** How soon the operator notices a change of a row, for people. */
export const noticedWithin = (kind: FeedKind): string =>
  kind === 'poll'
    ? 'within the poll interval of 1 s'
    : `within a tenth of a second by feed ${feedTypes[kind]}`;
