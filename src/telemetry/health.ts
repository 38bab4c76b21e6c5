/** One thing that has to be so before the answer is 200. */
export interface HealthCheck {
  /** Short, kebab-case: "registry-snapshots". */
  readonly name: string;
  check(): HealthResult;
}

export interface HealthResult {
  readonly ok: boolean;
  /** One phrase: what is missing, or what is so. */
  readonly message: string;
}

/** An answer of /healthz or /readyz. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly text: string;
}

/** The event loop turns: whatever answers at all has passed. Kubernetes' own servers have it under this name. */
export const ping: HealthCheck = { name: 'ping', check: () => ({ ok: true, message: 'ok' }) };

/**
 * Runs the checks and words the answer as the Kubernetes API server does: `ok`, or with `verbose`, and whenever one
 * failed, a line for each check. A check that throws has failed.
 * Source: kubernetes.io/docs/reference/using-api/health-checks.
 */
export function healthAnswer(
  endpoint: string,
  checks: readonly HealthCheck[],
  verbose: boolean,
): HealthAnswer {
  const results = checks.map((check) => ({ name: check.name, ...runCheck(check) }));
  const ok = results.every((result) => result.ok);
  if (ok && !verbose) return { status: 200, text: 'ok' };
  const lines = results.map(({ name, ok: passed, message }) =>
    passed ? `[+]${name} ${message}` : `[-]${name} failed: ${message}`,
  );
  return {
    status: ok ? 200 : 503,
    text: [...lines, `${endpoint} check ${ok ? 'passed' : 'failed'}`, ''].join('\n'),
  };
}

function runCheck(check: HealthCheck): HealthResult {
  try {
    return check.check();
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
