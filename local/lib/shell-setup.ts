import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programFolders } from '../components/index.ts';
import { workDir } from '../namespace.ts';

/** Read by every shell of `npm run shell`. */
export const shellSetupFile = join(workDir, 'shell.rc');

/** What a shell inside the namespace knows. */
export interface ShellSetup {
  /** Variables: KUBECONFIG, ... */
  readonly env: Readonly<Record<string, string>>;
  /** Commands of one's own: name -> command line, to which the arguments are added. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
  /** Printed when an interactive shell opens. */
  readonly greeting: string;
}

/** Writes what `npm run shell` finds; called inside the namespace. */
export function writeShellSetup({ env, commands, greeting }: ShellSetup): void {
  const bin = join(workDir, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, words] of Object.entries(commands)) {
    const path = join(bin, name);
    writeFileSync(path, `#!/bin/sh\nexec ${words.map(quoted).join(' ')} "$@"\n`);
    chmodSync(path, 0o755);
  }
  const lines = [
    'if [ -n "$ROLLCALL_INTERACTIVE" ] && [ -n "$BASH_VERSION" ] && [ -r ~/.bashrc ]; then . ~/.bashrc; fi',
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `export PATH=${[bin, ...programFolders()].map(quoted).join(':')}:"$PATH"`,
    'if [ -n "$ROLLCALL_INTERACTIVE" ]; then',
    `  PS1='(rollcall) \\w \\$ '`,
    `  printf '%s\\n' ${quoted(greeting)}`,
    'fi',
    // Not for what is started from the shell: that is not interactive.
    'unset ROLLCALL_INTERACTIVE ENV',
  ];
  writeFileSync(shellSetupFile, `${lines.join('\n')}\n`);
}

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
