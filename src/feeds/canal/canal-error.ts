/**
 * What can be wrong with a conversation with a canal-server.
 * - unreachable: no connection, or it broke, or nothing is heard.
 * - protocol: what answers does not speak Canal's protocol.
 * - accessDenied, subscription: the login, the subscription was refused.
 * - batchGone: a batch that this client was given is no longer its own.
 * - refused: it refuses what it was asked in the middle of a conversation, for another reason.
 * - tooLarge: a frame larger than the bound.
 */
export type CanalFaultKind =
  'unreachable' | 'protocol' | 'accessDenied' | 'subscription' | 'batchGone' | 'refused' | 'tooLarge';

/** A fault on the wire; canal-conditions.ts says it to people. */
export class CanalFault extends Error {
  override readonly name = 'CanalFault';
  readonly kind: CanalFaultKind;

  constructor(kind: CanalFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
