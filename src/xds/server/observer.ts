/** Why a connection ended. `client`: it went, or broke. */
export type ConnectionEnd = 'client' | 'keepalive' | 'pings' | 'age' | 'idle' | 'stop';

/** What is measured of the transport (port). Calls must be cheap. */
export interface RpcObserver {
  connectionOpened(): void;
  connectionClosed(why: ConnectionEnd): void;
  /** One more than there may be: closed before anything was said. */
  connectionRefused(): void;
  callOpened(method: string): void;
  /** `code`: what it ended with; 1 (CANCELLED) where the client ended it. */
  callClosed(method: string, code: number): void;
  /** Never opened; by no method, for a client may make up any number of names. */
  callRefused(code: number): void;
  messageReceived(method: string, bytes: number): void;
  /** Handed to the connection; `bytes` with the frame. */
  messageSent(method: string, bytes: number): void;
}
