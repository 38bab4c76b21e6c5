/** What one stream may cost. */
export interface EngineLimits {
  /** Names subscribed on one stream, all types together. */
  readonly names: number;
  /** Characters of one name. */
  readonly nameLength: number;
  /** Types that one stream speaks of, known or not. */
  readonly types: number;
  /** Bytes of resources in one response, from which on the rest waits for the next one; only where a response may be partial. */
  readonly responseBytes: number;
  /** How long a response may be without an answer, its bytes unread, before the stream is ended. */
  readonly unreadMs: number;
  /** Answers to what a stream asks for, each second; pushes of changes are not counted. */
  readonly answersPerSecond: number;
  /** How many answers it has saved up when it begins: a client with many names asks for them one after another. */
  readonly answersBurst: number;
}

/** Enough for an Envoy with thousands of clusters and for a gRPC process with thousands of channels. */
export const DEFAULT_LIMITS: EngineLimits = {
  names: 10_000,
  nameLength: 1_024,
  types: 16,
  responseBytes: 2_000_000,
  unreadMs: 60_000,
  answersPerSecond: 100,
  answersBurst: 1_000,
};
