import type { MigrateConfig } from './migrate-config.ts';
import type { OperatorConfig } from './operator-config.ts';

/** Names of fields whose values are never shown. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(['password']);

/** A copy of the configuration that may be logged: secrets are masked, everything else is as it is. */
export function effectiveConfig(config: OperatorConfig | MigrateConfig): Readonly<Record<string, unknown>> {
  return masked(config) as Readonly<Record<string, unknown>>;
}

function masked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(masked);
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      SECRET_FIELDS.has(name) && part !== '' ? '***' : masked(part),
    ]),
  );
}
