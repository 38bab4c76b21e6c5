import { readOperatorConfig } from '../config/index.ts';
import { createLogger } from '../telemetry/logger.ts';
import type { CliContext, CommandModule } from './command.ts';
import { podNamespace } from './pod-namespace.ts';

/** `rollcall operator`: everything it has to say goes to the log, on standard error. */
export const operatorCommand: CommandModule = {
  prepare: (raw, context) => {
    const config = readOperatorConfig(raw, context.env, {
      podNamespace: podNamespace(),
      defaultIdentity: identity(context),
    });
    const { stderr, env, clock, random, version } = context;
    const color = stderr.isTTY === true && (env.NO_COLOR ?? '') === '';
    const logger = createLogger({ ...config.log, color, stream: stderr, clock });
    const apiServer = { host: env.KUBERNETES_SERVICE_HOST, port: env.KUBERNETES_SERVICE_PORT };
    return {
      run: async (signal) => {
        // Loaded last: the vendors' code takes half a second, and wrong flags should be told of at once.
        const { runOperator } = await import('../app/operator.ts');
        await runOperator(config, { version, logger, clock, random, apiServer }, signal);
        return 0;
      },
      fail: (message, error) => logger.error(`operator ended: ${message}`, { error }),
    };
  },
};

/** As in client-go: the host name tells people which pod leads, the random ending tells a restarted pod from its past. */
function identity({ hostname, random }: CliContext): string {
  const ending = Array.from({ length: 8 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hostname}_${ending}`;
}
