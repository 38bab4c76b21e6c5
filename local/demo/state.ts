import type { CallCounts } from './call-counter.ts';
import type { FollowedRow } from './follow-rows.ts';

/** Everything that the demonstration shows, at one moment. Times are milliseconds since 1970. */
export interface DemoState {
  readonly now: number;
  readonly startedAt: number;
  readonly database: {
    /** Flavor and version. */
    readonly name: string;
    readonly address: string;
    readonly pid: number | undefined;
    /** Whether the last look at the rows got an answer. */
    readonly answers: boolean;
    /** When the rows were read. */
    readonly readAt: number;
  };
  readonly operator: {
    readonly pid: number | undefined;
    /** Whether it answered /readyz after its last start. */
    readonly ready: boolean;
    /** Whether the Lease is its own. */
    readonly leads: boolean;
    readonly identity: string;
  };
  /** undefined until it was seen. */
  readonly registry: ShownRegistry | undefined;
  readonly rows: readonly ShownRow[];
  readonly slices: readonly ShownSlice[];
  readonly grpcServices: readonly ShownGrpcService[];
  readonly client: { readonly kind: string; readonly target: string; readonly pid: number | undefined };
  readonly calls: CallCounts;
  /** The same calls by other ways than DNS. */
  readonly otherWays: readonly ShownWay[];
  /** The last change that arrived in the slices. */
  readonly lastChange: { readonly what: string; readonly at: number; readonly afterMs: number } | undefined;
  /** What happened, the newest last. */
  readonly events: readonly DemoEvent[];
  /** What to look for after the last action. */
  readonly hint: string | undefined;
}

/** A row of the registry with the process behind it. */
export interface ShownRow extends FollowedRow {
  /** Of the server; undefined when it has ended or was started elsewhere. */
  readonly pid: number | undefined;
}

/** An EndpointSlice of the operator's. */
export interface ShownSlice {
  readonly namespace: string;
  readonly name: string;
  /** The GrpcService that it belongs to. */
  readonly owner: string;
  readonly addressType: string;
  readonly port: number;
  /** In the order of their addresses. */
  readonly endpoints: readonly { readonly ip: string; readonly state: 'ready' | 'draining' }[];
}

/** The Registry and what its status says. */
export interface ShownRegistry {
  /** The feed that its spec asks for. */
  readonly feed: string;
  /** The feed that serves; undefined before the operator has said. */
  readonly active: string | undefined;
  readonly conditions: readonly ShownCondition[];
}

/** A condition of a GrpcService or a Registry. */
export interface ShownCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Whether a condition says that all is well: Protected alone is True when something is amiss. */
export const isWell = ({ type, status }: ShownCondition): boolean =>
  status === (type === 'Protected' ? 'False' : 'True');

/** A GrpcService and what its status says. */
export interface ShownGrpcService {
  readonly namespace: string;
  readonly name: string;
  /** In the registry. */
  readonly service: string;
  readonly conditions: readonly ShownCondition[];
  readonly ready: number;
  readonly draining: number;
  readonly held: number;
}

/** A client that finds the servers otherwise than by DNS. */
export interface ShownWay {
  readonly via: string;
  readonly target: string;
  /** Why there is none. */
  readonly missing?: string;
  readonly calls: CallCounts;
}

/** A line of what happened. */
export interface DemoEvent {
  readonly at: number;
  readonly text: string;
}
