import type { XdsObserver } from '../engine/observer.ts';

/** Tells several observers, in their order, each of what it wants to know. */
export function toAll(observers: readonly Partial<XdsObserver>[]): XdsObserver {
  return {
    opened: (stream) => observers.forEach((each) => each.opened?.(stream)),
    sent: (stream, response) => observers.forEach((each) => each.sent?.(stream, response)),
    accepted: (stream, acceptance) => observers.forEach((each) => each.accepted?.(stream, acceptance)),
    refused: (stream, refusal) => observers.forEach((each) => each.refused?.(stream, refusal)),
    withdrawn: (stream, refusal) => observers.forEach((each) => each.withdrawn?.(stream, refusal)),
    closed: (stream, status) => observers.forEach((each) => each.closed?.(stream, status)),
  };
}
