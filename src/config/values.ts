/** Where a server listens. */
export interface HostPort {
  /** '' is every address of the machine. */
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'json' | 'pretty';

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: LogFormat;
}
