import { flagLabel, readXdsBootstrapConfig, type XdsBootstrapConfig } from '../config/index.ts';
import { ConfigError, errorMessage } from '../lib/errors.ts';
import { envoyBootstrap } from '../xds/bootstrap/envoy-bootstrap.ts';
import { grpcBootstrap } from '../xds/bootstrap/grpc-bootstrap.ts';
import type { CommandModule } from './command.ts';
import { explanation } from './explanation.ts';
import { writeWholeFile } from './write-whole-file.ts';

/** `rollcall xds-bootstrap`: the bootstrap file of one client. Talks to nobody, so that an init container needs no rights. */
export const xdsBootstrapCommand: CommandModule = {
  prepare: (raw, { env, hostname, stdout, stderr }) => {
    const config = readXdsBootstrapConfig(raw, env, { hostname });
    return {
      run: async () => {
        const text = bootstrapText(config);
        if (config.outputFile === null) stdout.write(text);
        else await write(config.outputFile, text);
        return 0;
      },
      fail: (_message, error) => {
        stderr.write(`rollcall xds-bootstrap: ${explanation(error)}\n`);
      },
    };
  },
};

function bootstrapText(config: XdsBootstrapConfig): string {
  const { envoyAdmin: admin } = config;
  const bootstrap = admin === null ? grpcBootstrap(config) : envoyBootstrap({ ...config, admin });
  return `${JSON.stringify(bootstrap, null, 2)}\n`;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there; mount a volume (emptyDir) there, or make it',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder; name a file in it, such as bootstrap.json',
  EACCES:
    'its folder may not be written to; the image runs as user 65532: an emptyDir is open to it, other volumes need securityContext.fsGroup: 65532',
  EROFS: 'it is on a read-only file system; mount a volume (emptyDir) there',
};

async function write(file: string, text: string): Promise<void> {
  try {
    await writeWholeFile(file, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new ConfigError([
      `${flagLabel('output')}: "${file}" cannot be written: ${REASONS[code] ?? errorMessage(error)}`,
    ]);
  }
}
