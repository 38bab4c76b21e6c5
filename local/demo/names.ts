import { join } from 'node:path';
import { workDir } from '../namespace.ts';

/** The operator's own namespace, as in deploy/base. */
export const operatorNamespace = 'rollcall-system';

/** The operator's ServiceAccount, as in deploy/base. */
export const operatorAccount = 'rollcall';

/** Namespace of the GrpcService. */
export const demoNamespace = 'demo';

/** Of the service in the registry, the GrpcService and the Service. */
export const serviceName = 'greeter';

/** What the servers listen on and the client dials. */
export const port = 50051;

/** What the client dials. */
export const target = `dns:///${serviceName}.${demoNamespace}.svc.cluster.local:${port}`;

/** What a client that speaks xDS dials. */
export const xdsTarget = `xds:///${serviceName}.${demoNamespace}`;

/** The operator's xDS server. */
export const xdsServer = '10.77.0.40:18000';

/** Of the front proxy. */
export const envoyAddress = '10.77.0.50';

/** What callers through the front proxy dial; the port is the operator's own default. */
export const envoyTarget = `${envoyAddress}:10000`;

/** What the front proxy knows the calls by. */
export const rpcService = 'rollcall.demo.v1.Greeter';

/** The registry's database. */
export const database = 'rollcall';

/** Of every login. Nobody outside the namespace can reach what it opens, so it is no secret. */
export const password = 'try-only';

/** Of the feed Redis. */
export const redisAddress = '10.77.0.30';

/** Of the feed Canal. */
export const canalAddress = '10.77.0.41';

/** A lease of a server: it beats every third of it. */
export const ttlMs = 6000;

/** How long a server that is asked to end stays in the registry as DRAINING. */
export const drainMs = 4000;

/** After this time a client has to connect, and so to look at DNS, again. */
export const maxConnectionAgeMs = 10_000;

/** Where the demonstration keeps what `npm run shell` needs; in memory, inside the namespace. */
export const demoDir = join(workDir, 'demo');

/** The socket of the command `demo`. */
export const controlSocket = join(demoDir, 'control');

/** A GrpcService for the person to apply. */
export const exampleFile = join(demoDir, 'greeter-a.yaml');

/** The defaults file of the SQL client. */
export const sqlDefaultsFile = join(demoDir, 'client.cnf');
