/** Where a client runs. One of the two may be ''. */
export interface Place {
  readonly region: string;
  readonly zone: string;
}

/** Finds out where a client runs that does not say so itself (port). */
export interface NodeLocator {
  /** Whether it could know of a client that calls itself so, without looking. */
  knows(nodeId: string): boolean;
  /** Null: there is no such client, or nothing is known of its place. Rejects when it could not be asked. */
  locate(nodeId: string, signal: AbortSignal): Promise<Place | null>;
}
