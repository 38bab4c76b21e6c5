import { status } from '@grpc/grpc-js';
import type { ChalkInstance } from 'chalk';
import { fit, type Section } from './fit.ts';
import { operatorAccount, operatorNamespace } from './names.ts';
import {
  isWell,
  type DemoState,
  type ShownCondition,
  type ShownGrpcService,
  type ShownRegistry,
  type ShownRow,
  type ShownSlice,
} from './state.ts';
import { clip, columns, timeText, widthOf, wrap, wrapParts } from './text.ts';

/** How large the screen is. */
export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

/** Servers that have been gone for longer are counted, not listed. */
const listedMs = 60_000;

/** Of more GrpcServices than this, the rest is counted; and so many of those that are not well say why. */
const listedGrpcServices = 5;
const explainedGrpcServices = 2;

/** The whole screen as lines, none wider and no more than fit. */
export function view(
  state: DemoState,
  keys: readonly string[],
  size: ScreenSize,
  paint: ChalkInstance,
): string[] {
  const { width } = size;
  const hint = state.hint === undefined ? [] : wrap(state.hint, width);
  const sections: Section[] = [
    { lines: [header(state, paint)] },
    { lines: registrySection(state, width, paint), givesUp: 4, least: 4 },
    { lines: sliceSection(state, paint), givesUp: 3, least: 2 },
    { lines: grpcServiceSection(state, width, paint), givesUp: 5, least: 2 },
    { lines: callSection(state, paint), givesUp: 4, least: 3 },
    { lines: otherWaysSection(state, paint), givesUp: 2 },
    { lines: eventSection(state, paint), givesUp: 1, keeps: 'last' },
    { lines: hint.map((line) => paint.yellow(line)), givesUp: 2 },
    { lines: wrapParts(keys, '  ', width).map((line) => paint.bold(line)) },
  ];
  const more = (count: number) => paint.dim(`  … ${count} more ${count === 1 ? 'line' : 'lines'}`);
  return fit(sections, size.height, more).map((line) => clip(line, width));
}

function header({ now, startedAt, operator }: DemoState, paint: ChalkInstance): string {
  const account = paint.dim(`with the rights of ${operatorNamespace}/${operatorAccount}`);
  const title = paint.bold.inverse(' rollcall ');
  return `${title} up ${timeText(now - startedAt)}  operator ${operatorText(operator, paint)} ${account}`;
}

function operatorText({ pid, ready, leads, identity }: DemoState['operator'], paint: ChalkInstance): string {
  if (pid === undefined) return paint.red('is not running');
  const who = `${identity} (pid ${pid})`;
  if (!ready) return paint.yellow(`${who} is starting`);
  return leads ? paint.green(`${who} leads`) : paint.yellow(`${who} waits for the Lease`);
}

function registrySection(state: DemoState, width: number, paint: ChalkInstance): string[] {
  const { database, rows, grpcServices } = state;
  const { name, address, answers, pid, readAt: now } = database;
  const answer = answers
    ? paint.green('answers')
    : paint.red.bold(`does not answer; the rows of ${clock(now)}`);
  const process = pid === undefined ? 'stopped' : `pid ${pid}`;
  const title = `${paint.bold('REGISTRY')}  ${answer}  table instances in ${name} at ${address}, ${process}`;
  const recent = rows.filter(
    ({ wanted, published, wantedAt }) =>
      wanted !== 'absent' || published !== 'absent' || now - wantedAt < listedMs,
  );
  // Where the screen is too small for all of them, those that change matter.
  const moving = recent.filter((row) => !isQuiet(row, now));
  const ordered = recent.length > 10 ? [...moving, ...recent.filter((row) => isQuiet(row, now))] : recent;
  const services = new Set(rows.map(({ service }) => service)).size;
  const holding = grpcServices.some(({ held }) => held > 0);
  const head = ['INSTANCE', 'ADDRESS', 'PID', 'STATUS', 'LEASE', 'PUBLISHED', 'AFTER'].map((text) =>
    paint.dim(text),
  );
  const cells = ordered.map((row) => rowCells(row, { now, named: services > 1, holding }, paint));
  const hidden = rows.length - recent.length;
  const note = hidden > 0 ? [paint.dim(`  ${hidden} of servers that left before`)] : [];
  const lines = columns([head, ...cells]).map((line) => `  ${line}`);
  return [title, ...feedLines(state.registry, width, paint), ...lines, ...note];
}

/** How changes of the rows are noticed. */
function feedLines(registry: ShownRegistry | undefined, width: number, paint: ChalkInstance): string[] {
  if (registry?.active === undefined) return [paint.yellow('  feed: the operator has not said yet')];
  const { says, why } = feedOf(registry);
  if (why === undefined) return [`  feed: ${paint.green(`${says} ✔`)}`];
  const explained = wrap(`${why.reason}: ${why.message}`, Math.max(20, width - 4)).slice(0, 3);
  return [`  feed: ${paint.red(`${says} ✘`)}`, ...explained.map((line) => paint.yellow(`    ${line}`))];
}

/** Whether the feed of a Registry follows, and otherwise why it does not. */
export function feedOf({ feed, active, conditions }: ShownRegistry): {
  readonly says: string;
  readonly why: ShownCondition | undefined;
} {
  const condition = conditions.find(({ type }) => type === 'FeedHealthy');
  if (condition === undefined || isWell(condition)) {
    return { says: `${active ?? feed} follows the rows`, why: undefined };
  }
  const instead = active === feed || active === undefined ? '' : `, ${active} serves`;
  return { says: `${feed} cannot follow the rows${instead}`, why: condition };
}

function isQuiet({ status: its, wanted, published, wantedAt, afterMs }: ShownRow, now: number): boolean {
  const isNew = afterMs !== undefined && now - wantedAt < listedMs;
  return its === 'UP' && wanted === 'ready' && published === 'ready' && !isNew;
}

function rowCells(
  row: ShownRow,
  { now, named, holding }: { now: number; named: boolean; holding: boolean },
  paint: ChalkInstance,
): string[] {
  const { published, wanted } = row;
  const word = { ready: paint.green('ready'), draining: paint.yellow('draining'), absent: paint.dim('no') }[
    published
  ];
  const held = holding && wanted === 'absent' && published === 'ready';
  return [
    named ? `${row.service}/${row.instanceId}` : row.instanceId,
    row.address,
    row.pid === undefined ? paint.dim('none') : `${row.pid}`,
    { UP: paint.green, DRAINING: paint.yellow, DOWN: paint.dim }[row.status](row.status),
    leaseText(row, now, paint),
    held ? paint.yellow('held') : word,
    afterText(row, now, paint),
  ];
}

function leaseText({ status: its, expiresAt, expired }: ShownRow, now: number, paint: ChalkInstance): string {
  if (its === 'DOWN') return paint.dim('ended');
  if (expiresAt === undefined) return 'never ends';
  return expired ? paint.red(`ended ${timeText(now - expiresAt)} ago`) : `${timeText(expiresAt - now)} left`;
}

function afterText(
  { afterMs, wanted, wantedAt, published }: ShownRow,
  now: number,
  paint: ChalkInstance,
): string {
  if (wanted !== published) return paint.yellow(`not yet, for ${timeText(now - wantedAt)}`);
  return afterMs === undefined ? '' : timeText(afterMs);
}

function sliceSection({ slices, lastChange }: DemoState, paint: ChalkInstance): string[] {
  const last = lastChange
    ? `  ${lastChange.what} ${timeText(lastChange.afterMs)} after its row said so (${clock(lastChange.at)})`
    : '';
  const title = `${paint.bold('ENDPOINTSLICES')}${last}`;
  if (slices.length === 0) return [title, paint.yellow('  none')];
  return [title, ...columns(slices.map((slice) => sliceCells(slice, paint))).map((line) => `  ${line}`)];
}

function sliceCells({ namespace, name, port, endpoints }: ShownSlice, paint: ChalkInstance): string[] {
  const ready = endpoints.filter((endpoint) => endpoint.state === 'ready').length;
  const draining = endpoints.length - ready;
  const addresses = endpoints.map(({ ip, state }) =>
    state === 'ready' ? paint.green(ip) : paint.yellow(`${ip} (draining)`),
  );
  const counts = draining > 0 ? `${ready} ready, ${draining} draining` : `${ready} ready`;
  return [`${namespace}/${name}`, `port ${port}`, counts, addresses.join(' ')];
}

function grpcServiceSection({ grpcServices }: DemoState, width: number, paint: ChalkInstance): string[] {
  const title = paint.bold('GRPCSERVICES');
  if (grpcServices.length === 0) return [title, paint.yellow('  none')];
  const isQuiet = ({ conditions }: ShownGrpcService) => conditions.length > 0 && conditions.every(isWell);
  const wrong = grpcServices.filter((grpcService) => !isQuiet(grpcService));
  // Where there are many, those with something to say come first.
  const many = grpcServices.length > listedGrpcServices;
  const listed = (many ? [...wrong, ...grpcServices.filter(isQuiet)] : grpcServices).slice(
    0,
    listedGrpcServices,
  );
  const explained = new Set(wrong.slice(0, explainedGrpcServices));
  const lines = listed.flatMap((one) => grpcServiceLines(one, explained.has(one), width, paint));
  const more = grpcServices.length - listed.length;
  const wrongOnes = wrong.length - listed.filter((one) => !isQuiet(one)).length;
  const those = wrongOnes === 0 ? 'all conditions well' : `${wrongOnes} with a condition that is not well`;
  return [title, ...lines, ...(more > 0 ? [paint.dim(`  and ${more} more, ${those}`)] : [])];
}

function grpcServiceLines(
  grpcService: ShownGrpcService,
  isExplained: boolean,
  width: number,
  paint: ChalkInstance,
): string[] {
  const { namespace, name, conditions, ready, draining, held } = grpcService;
  const marks = conditions.map((condition) => conditionMark(condition, paint));
  const extra = [draining > 0 ? `, ${draining} draining` : '', held > 0 ? `, ${held} held` : ''].join('');
  const start = `  ${namespace}/${name}  ${ready} ready${extra}  `;
  const wrong = isExplained ? conditions.filter((condition) => !isWell(condition)) : [];
  const all = marks.length === 0 ? paint.yellow('no status yet') : marks.join('  ');
  // The others say something of their own below as soon as all is not well.
  const fewer = conditions
    .filter((condition) => condition.type === 'Ready' || !(isExplained || isWell(condition)))
    .map((condition) => conditionMark(condition, paint));
  return [
    start + (widthOf(start + all) <= width ? all : fewer.join('  ')),
    ...wrong.flatMap((condition) => conditionLines(condition, width, paint)),
  ];
}

function conditionMark(condition: ShownCondition, paint: ChalkInstance): string {
  const { type, status: is } = condition;
  if (isWell(condition)) return paint.green(`${type === 'Protected' ? 'nothing held' : type} ✔`);
  return is === 'False' ? paint.red(`${type} ✘`) : paint.yellow(`${type} ${is === 'True' ? '!' : '?'}`);
}

function conditionLines(
  { type, reason, message }: ShownCondition,
  width: number,
  paint: ChalkInstance,
): string[] {
  const lines = wrap(`${type} (${reason}): ${message}`, Math.max(20, width - 4)).slice(0, 4);
  return lines.map((line) => paint.yellow(`    ${line}`));
}

function callSection({ calls, client, now }: DemoState, paint: ChalkInstance): string[] {
  const { failed, perSecond, lastFailure } = calls;
  const total = `${calls.calls}, ${perSecond.toFixed(1)} a second`;
  const failures = failed === 0 ? paint.green('none failed') : paint.red(`${failed} failed`);
  const how = `${client.target} (${client.kind}, round_robin)`;
  const title = `${paint.bold('CALLS')}  ${total}, ${failures}  ${how}`;
  const listed = calls.servers.filter(({ lastAt }) => now - lastAt < listedMs);
  const most = Math.max(1, ...listed.map((server) => server.perSecond));
  const lines = listed.map(({ server, calls: answered, perSecond: rate, lastAt }) => {
    const bar = paint.cyan('█'.repeat(Math.round((rate / most) * 20)));
    const silent = now - lastAt > 3000 ? paint.dim(`no call for ${timeText(now - lastAt)}`) : bar;
    return [server, `${answered}`, `${rate.toFixed(1)}/s`, silent];
  });
  const failure = lastFailure
    ? [paint.red(`  last failure ${timeText(now - lastFailure.at)} ago: ${failureText(lastFailure)}`)]
    : [];
  const none = client.pid === undefined ? 'the client is not running' : 'no answer yet';
  const body = lines.length > 0 ? columns(lines).map((line) => `  ${line}`) : [paint.yellow(`  ${none}`)];
  return [title, ...body, ...failure];
}

/** One line a way: these clients make the same calls, and know of a change at once. */
function otherWaysSection({ otherWays }: DemoState, paint: ChalkInstance): string[] {
  if (otherWays.length === 0) return [];
  const lines = otherWays.map(({ via, target, missing, calls }) => {
    const start = [paint.bold(`BY ${via.toUpperCase()}`), target];
    if (missing !== undefined) return [...start, paint.yellow(`not here: ${missing}`)];
    const { failed, perSecond, servers } = calls;
    const rates = servers
      .filter((server) => server.perSecond > 0)
      .map((server) => `${server.server} ${server.perSecond.toFixed(1)}/s`);
    return [
      ...start,
      `${calls.calls}, ${perSecond.toFixed(1)} a second`,
      failed === 0 ? paint.green('none failed') : paint.red(`${failed} failed`),
      rates.length === 0 ? paint.yellow('no answer yet') : rates.join('  '),
    ];
  });
  return columns(lines);
}

/** A failure with the name of its status code. */
export function failureText({ code, text }: { readonly code: number; readonly text: string }): string {
  return `${status[code] ?? code} ${text}`.trim();
}

function eventSection({ events }: DemoState, paint: ChalkInstance): string[] {
  return events.slice(-6).map(({ at, text }) => `${paint.dim(clock(at))} ${text}`);
}

/** The local time of day. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour12: false });
}
