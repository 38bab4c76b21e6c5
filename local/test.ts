/**
 * What `npm test` runs: the static checks, then mocha on test/unit and test/contract, on test/commands (npm start and
 * the like, which make namespaces of their own), then, each in a namespace, on test/integration and test/e2e. The last
 * line is `N passed, N failed, N skipped`, over everything.
 *
 * `npm test -- unit` (or checks, contract, commands, integration, e2e) runs parts; what follows goes to mocha: `-- e2e -g pattern`.
 */
import { Progress } from './lib/progress.ts';
import { runStages } from './test/run.ts';
import { parseArguments } from './test/arguments.ts';

process.exitCode = await runStages(parseArguments(process.argv.slice(2)), new Progress({ live: false }));
