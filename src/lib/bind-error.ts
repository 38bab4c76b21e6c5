import { ConfigError, errorMessage } from './errors.ts';

/** What cannot be mended by waiting, in words. */
const PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'may not be used by this user (ports below 1024 need a privilege)',
  EADDRNOTAVAIL: 'is no address of this machine',
  ENOTFOUND: 'has a host that no name server knows',
};

/** Why a server could not listen at its address, for the person who chose it by `flag`: "--metrics-address (ROLLCALL_METRICS_ADDRESS)". */
export function bindError(
  flag: string,
  { host, port }: { readonly host: string; readonly port: number },
  error: unknown,
): ConfigError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const problem = PROBLEMS[code] ?? `cannot be listened at: ${errorMessage(error)}`;
  return new ConfigError([`${flag}: ${address} ${problem}; give it another address`]);
}
