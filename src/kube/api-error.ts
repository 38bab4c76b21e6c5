import type { Dispatcher } from 'undici';
import { KubeApiError } from '../controller/kube-ports.ts';

/** metav1.Status, as far as it is of use. */
export interface ApiStatus {
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string }[];
  };
}

/** What the reason is when the answer names none: from something between us and the API server. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The error that a Status stands for; `what` says which request met it. */
export function statusError(what: string, status: ApiStatus, headerRetryAfter?: string): KubeApiError {
  const { code = 500, reason = '', message = 'no message', details } = status;
  const seconds = Number(headerRetryAfter ?? details?.retryAfterSeconds ?? 0);
  return new KubeApiError(
    code,
    reason === '' ? (REASONS[code] ?? 'Unknown') : reason,
    `${what}: ${message} (${code})`,
    {
      retryAfterMs: seconds > 0 ? seconds * 1000 : undefined,
      causes: causesOf(details),
    },
  );
}

function causesOf(details: ApiStatus['details']): readonly string[] {
  return (details?.causes ?? []).flatMap(({ reason }) => reason ?? []);
}

/** Reads a response that is an error; a body that is no Status is quoted, cut short. */
export async function apiError(what: string, response: Dispatcher.ResponseData): Promise<KubeApiError> {
  const text = await response.body.text();
  const header = response.headers['retry-after'];
  return statusError(
    what,
    parseStatus(text, response.statusCode),
    Array.isArray(header) ? header[0] : header,
  );
}

function parseStatus(text: string, code: number): ApiStatus {
  try {
    const status = JSON.parse(text) as ApiStatus | null;
    if (status?.kind === 'Status') return { ...status, code };
  } catch {
    // Not JSON: a proxy's page, or the plain text of the API server's own filters ("Too many requests, please try again later.").
  }
  return { code, message: text.slice(0, 200).trim() };
}
