import type { LabelSelector } from '../model/grpcservice.ts';
import type { Instance, RejectedInstance } from '../model/instance.ts';
import { matchesSelector } from '../model/label-selector.ts';
import { addressSortKey } from '../registry/address.ts';
import { type Cidr, cidrContains } from '../registry/cidr.ts';
import { expiredAt } from '../registry/liveness.ts';
import type { Snapshot } from '../registry/snapshot.ts';

/** A row that is published if its lease allows it: the one that won its address:port. */
export interface Candidate {
  readonly instance: Instance;
  /** When its lease ran out; null while it counts as alive. */
  readonly expiredAtUs: number | null;
}

export interface Candidates {
  /** One for each address:port, sorted by address type, address (as a number), port. */
  readonly winners: readonly Candidate[];
  /** Rows that lost their address:port to another one. */
  readonly duplicates: number;
  /** Publishable rows outside allowedCIDRs. */
  readonly notAllowed: readonly RejectedInstance[];
}

/** The rows that ask to be published: not DOWN, weight above 0, matched by the selector, allowed, one for each address:port. */
export function candidates(
  snapshot: Snapshot,
  selector: LabelSelector | null,
  allowedCIDRs: readonly Cidr[],
  nowUs: number,
): Candidates {
  const winners = new Map<string, Candidate>();
  const notAllowed: RejectedInstance[] = [];
  let duplicates = 0;
  for (const instance of snapshot.instances) {
    if (!isWanted(instance, selector)) continue;
    if (!isAllowed(instance, allowedCIDRs)) {
      notAllowed.push(rejection(instance, allowedCIDRs));
      continue;
    }
    const candidate = { instance, expiredAtUs: expiredAt(instance, snapshot.grace, nowUs) };
    const key = `${instance.address} ${instance.port}`;
    const rival = winners.get(key);
    if (rival !== undefined) duplicates += 1;
    if (rival === undefined || beats(candidate, rival)) winners.set(key, candidate);
  }
  return { winners: inAddressOrder([...winners.values()]), duplicates, notAllowed };
}

function isWanted(instance: Instance, selector: LabelSelector | null): boolean {
  return instance.status !== 'DOWN' && instance.weight > 0 && isSelected(instance, selector);
}

/** Whether spec.selector matches a row. */
export function isSelected(instance: Instance, selector: LabelSelector | null): boolean {
  return selector === null || matchesSelector(selector, labelsOf(instance));
}

/** Metadata plus zone and region; the columns win over metadata of the same name, for they are what is published. */
function labelsOf(instance: Instance): Readonly<Record<string, string>> {
  const { metadata, zone, region } = instance;
  // Without a prototype: a selector on "constructor" must not find what every object has.
  const labels = Object.assign(Object.create(null), metadata) as Record<string, string>;
  if (zone !== null) labels.zone = zone;
  if (region !== null) labels.region = region;
  return labels;
}

function isAllowed({ address }: Instance, allowedCIDRs: readonly Cidr[]): boolean {
  return allowedCIDRs.length === 0 || allowedCIDRs.some((cidr) => cidrContains(cidr, address));
}

function rejection({ instanceId, address }: Instance, allowedCIDRs: readonly Cidr[]): RejectedInstance {
  const blocks = allowedCIDRs.slice(0, 5).map(({ text }) => text);
  const more = allowedCIDRs.length > 5 ? `, and ${allowedCIDRs.length - 5} more` : '';
  return {
    instanceId,
    reason: 'AddressNotAllowed',
    message: `address ${address} lies outside the registry's spec.allowedCIDRs (${blocks.join(', ')}${more}): correct the row, or let the registry's owner add a block`,
  };
}

/**
 * Which of two rows of one address:port is published: an alive one before an expired; of two expired the one that was
 * alive last (that is the order of holding too); then the row written last; then the smaller instance id.
 */
function beats(one: Candidate, other: Candidate): boolean {
  const since = (one.expiredAtUs ?? Infinity) - (other.expiredAtUs ?? Infinity);
  if (since > 0 || since < 0) return since > 0;
  const newer = one.instance.updatedAtUs - other.instance.updatedAtUs;
  return newer === 0 ? one.instance.instanceId < other.instance.instanceId : newer > 0;
}

function inAddressOrder(winners: readonly Candidate[]): readonly Candidate[] {
  return winners
    .map((candidate) => ({ candidate, key: sortKey(candidate.instance) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ candidate }) => candidate);
}

/** An instance is the same object for as long as its row is the same, and most rows are, from one look to the next. */
const sortKeys = new WeakMap<Instance, string>();

/** Text that sorts as (address type, address, port) do. */
function sortKey(instance: Instance): string {
  let key = sortKeys.get(instance);
  if (key === undefined) {
    const { address, addressType, port } = instance;
    key = `${addressType} ${addressSortKey(address)} ${port.toString(16).padStart(4, '0')}`;
    sortKeys.set(instance, key);
  }
  return key;
}
