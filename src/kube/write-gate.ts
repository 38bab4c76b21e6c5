/**
 * The door that every change of Services, EndpointSlices and status passes (safety rule 6: only the leader writes). It is
 * asked in the moment the request's bytes go out, not when the reconcile began: a wait for a connection, a token or a slow
 * event loop may lie in between.
 */
export interface WriteGate {
  /** How many ms from now a write may still be under way; 0 or less: this replica must not write. */
  remainingMs(): number;
  /**
   * Registers a write under way: `abort` is called when the right to write ends before the write does. Answers how to
   * unregister it.
   */
  enter(abort: (reason: Error) => void): () => void;
}
