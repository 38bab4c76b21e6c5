import type { CallCounts } from './call-counter.ts';
import {
  isWell,
  type DemoState,
  type ShownCondition,
  type ShownGrpcService,
  type ShownRegistry,
  type ShownRow,
  type ShownWay,
} from './state.ts';
import { timeText } from './text.ts';
import { failureText, feedOf } from './view.ts';

/** Failures with less time between them are told of once. */
const failuresApartMs = 10_000;

/** What is different in `after`, as sentences. */
export function changes(before: DemoState, after: DemoState): string[] {
  return [
    ...rowLines(before.rows, after),
    ...feedLines(before.registry, after.registry),
    ...conditionLines(before.grpcServices, after),
    ...partLines(before, after),
    ...callLines(before.calls, after.calls, after.rows),
    ...wayLines(before.otherWays, after),
  ];
}

/** Everything in one line. */
export function summary({ rows, slices, calls }: Pick<DemoState, 'rows' | 'slices' | 'calls'>): string {
  const alive = rows.filter(({ expired, status }) => !expired && status !== 'DOWN').length;
  const endpoints = slices.flatMap((slice) => slice.endpoints);
  const ready = endpoints.filter(({ state }) => state === 'ready').length;
  const draining = endpoints.length - ready;
  const servers = calls.servers.map(({ server, calls: answered }) => `${server} ${answered}`).join(', ');
  return [
    `${alive} rows alive`,
    `${ready} endpoints ready${draining > 0 ? `, ${draining} draining` : ''} in ${slices.length} slices`,
    `${calls.calls} calls (${servers}), ${calls.failed} failed, ${calls.perSecond.toFixed(1)} a second`,
  ].join('; ');
}

function rowLines(before: readonly ShownRow[], { rows, now }: DemoState): string[] {
  const known = new Map(before.map((row) => [`${row.service} ${row.instanceId}`, row]));
  return rows.flatMap((row) => {
    const earlier = known.get(`${row.service} ${row.instanceId}`);
    const name = `${row.instanceId} (${row.address})`;
    return [
      ...statusLines(name, earlier, row, now),
      // A fast feed may have brought it before the next look.
      ...(row.afterMs !== undefined && (earlier?.afterMs === undefined || earlier.wantedAt !== row.wantedAt)
        ? [`endpoint: ${name} ${publishedText[row.published]} ${timeText(row.afterMs)} after the row said so`]
        : []),
    ];
  });
}

const publishedText = {
  ready: 'ready in the slices',
  draining: 'draining in the slices',
  absent: 'gone from the slices',
} as const;

function statusLines(name: string, earlier: ShownRow | undefined, row: ShownRow, now: number): string[] {
  if (earlier?.status !== row.status) return [`row: ${name} ${row.status}`];
  if (earlier.expired === row.expired) return [];
  if (!row.expired) return [`row: ${name} beats again`];
  return [`row: ${name} expired ${timeText(now - (row.expiresAt ?? now))} ago`];
}

/** That the feed follows, or that another one serves and why. */
function feedLines(before: ShownRegistry | undefined, after: ShownRegistry | undefined): string[] {
  if (after?.active === undefined) return [];
  const text = ({ says, why }: ReturnType<typeof feedOf>) =>
    why === undefined ? says : `${says} (${why.reason}: ${why.message})`;
  const said = text(feedOf(after));
  return before?.active !== undefined && text(feedOf(before)) === said ? [] : [`feed: ${said}`];
}

function conditionLines(before: readonly ShownGrpcService[], { grpcServices }: DemoState): string[] {
  const known = new Map(before.map((grpcService) => [nameOf(grpcService), grpcService.conditions]));
  return grpcServices.flatMap((grpcService) => {
    const earlier = known.get(nameOf(grpcService)) ?? [];
    return grpcService.conditions
      .filter((condition) => isNews(condition, earlier))
      .map((condition) => {
        const { type, status, reason, message } = condition;
        const why = isWell(condition) ? reason : `${reason}: ${message}`;
        return `GrpcService ${nameOf(grpcService)}: ${type}=${status} (${why})`;
      });
  });
}

/** Of a new GrpcService, that it is ready and what is not well; of others, what changed. */
function isNews(condition: ShownCondition, before: readonly ShownCondition[]): boolean {
  const earlier = before.find(({ type }) => type === condition.type);
  if (earlier === undefined) return condition.type === 'Ready' || !isWell(condition);
  return earlier.status !== condition.status;
}

const nameOf = ({ namespace, name }: ShownGrpcService) => `${namespace}/${name}`;

function partLines(before: DemoState, { database, operator }: DemoState): string[] {
  const lines: string[] = [];
  if (before.database.answers !== database.answers) {
    lines.push(
      `database: ${database.name} at ${database.address} ${database.answers ? 'answers' : 'does not answer'}`,
    );
  }
  if (before.operator.pid !== operator.pid) {
    lines.push(
      operator.pid === undefined
        ? 'operator: ended'
        : `operator: ${operator.identity} runs (pid ${operator.pid})`,
    );
  }
  if (operator.leads && !before.operator.leads) lines.push(`operator: ${operator.identity} leads`);
  return lines;
}

function callLines(before: CallCounts, calls: CallCounts, rows: readonly ShownRow[]): string[] {
  const lines = newServers(before, calls, rows).map(({ server, afterMs }) => {
    const after = afterMs === undefined ? '' : `, ${timeText(afterMs)} after its row said UP`;
    return `calls: ${server} answers its first${after}`;
  });
  return [...lines, ...failureLines(before, calls).map((text) => `calls: ${text}`)];
}

/** Of the other ways, only how soon they knew of a server that came later. */
function wayLines(before: readonly ShownWay[], { otherWays, rows }: DemoState): string[] {
  return otherWays.flatMap(({ via, calls }) => {
    const earlier = before.find((way) => way.via === via)?.calls ?? calls;
    return [
      ...newServers(earlier, calls, rows).flatMap(({ server, afterMs }) =>
        afterMs === undefined
          ? []
          : [`by ${via}: ${server} answers its first, ${timeText(afterMs)} after its row said UP`],
      ),
      ...failureLines(earlier, calls).map((text) => `by ${via}: ${text}`),
    ];
  });
}

function newServers(
  before: CallCounts,
  { servers }: CallCounts,
  rows: readonly ShownRow[],
): readonly { readonly server: string; readonly afterMs: number | undefined }[] {
  const known = new Set(before.servers.map(({ server }) => server));
  const registered = new Map(
    rows.flatMap(({ instanceId, wantedAt, afterMs }) =>
      afterMs === undefined ? [] : [[instanceId, wantedAt] as const],
    ),
  );
  return servers
    .filter(({ server }) => !known.has(server))
    .map(({ server, firstAt }) => {
      const since = registered.get(server);
      return { server, afterMs: since === undefined ? undefined : firstAt - since };
    });
}

/** One line for a time in which calls fail: the screen counts them. */
function failureLines(before: CallCounts, { lastFailure }: CallCounts): string[] {
  const earlier = before.lastFailure?.at ?? -Infinity;
  if (lastFailure === undefined || lastFailure.at - earlier <= failuresApartMs) return [];
  return [`the first failed: ${failureText(lastFailure)}`];
}
