import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { TerminalError } from '../lib/errors.ts';

const text = z.string().min(1).optional().catch(undefined);

const execSchema = z.object({
  apiVersion: z.string().default('client.authentication.k8s.io/v1'),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  provideClusterInfo: z.boolean().nullish(),
});

const userSchema = z.object({
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': z.array(z.string()).nullish(),
  'as-user-extra': z.record(z.string(), z.array(z.string())).nullish(),
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  exec: execSchema.nullish(),
  'auth-provider': z.object({ name: z.string() }).nullish(),
});

const clusterSchema = z.object({
  server: z.url(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
  'proxy-url': text,
});

/** Entries that the current context does not name may be anything. */
const named = z.array(z.looseObject({ name: z.string() })).nullish();

const fileSchema = z.object({ 'current-context': text, contexts: named, clusters: named, users: named });
const contextSchema = z.object({ cluster: z.string(), user: text, namespace: text });

/** The `exec` block of a user: a credential plugin (client.authentication.k8s.io). */
export type ExecPlugin = z.infer<typeof execSchema>;

/** What the current context of a kubeconfig says; paths are absolute. */
export interface Kubeconfig {
  readonly namespace: string | undefined;
  readonly cluster: z.infer<typeof clusterSchema>;
  readonly user: z.infer<typeof userSchema>;
  readonly userName: string;
}

/**
 * The current context of the kubeconfig with this content. `path` names the file in messages, and relative paths in it
 * start at its folder, as for kubectl. Throws TerminalError `InvalidKubeconfig`, with what is wrong.
 */
export async function parseKubeconfig(content: string, path: string): Promise<Kubeconfig> {
  const file = check(fileSchema, await parseDocument(content, path), path, '');
  const contextName = file['current-context'];
  if (contextName === undefined) {
    throw invalid(path, 'it names no current-context; kubectl config use-context NAME sets one');
  }
  const context = entry(contextSchema, file.contexts, 'contexts', contextName, 'context', path);
  const cluster = entry(clusterSchema, file.clusters, 'clusters', context.cluster, 'cluster', path);
  const userName = context.user ?? '';
  const user = userName === '' ? {} : entry(userSchema, file.users, 'users', userName, 'user', path);
  if (user['auth-provider']) {
    throw invalid(
      path,
      `user ${userName} has an auth-provider (${user['auth-provider'].name}), which kubectl too has given up for exec plugins`,
    );
  }
  const alone = (['as-uid', 'as-groups', 'as-user-extra'] as const).find((field) => isGiven(user[field]));
  if (user.as === undefined && alone !== undefined) {
    throw invalid(path, `user ${userName} has ${alone} without as: name whom to impersonate, or take it out`);
  }
  return {
    namespace: context.namespace,
    userName,
    cluster: absolute(cluster, ['certificate-authority'], path),
    user: absolute(user, ['client-certificate', 'client-key', 'tokenFile'], path),
  };
}

function isGiven(value: string | object | null | undefined): boolean {
  return typeof value === 'object' ? Object.keys(value ?? {}).length > 0 : value !== undefined;
}

/** JSON is YAML too, and needs no parser: client-node's comes with 34 MB of its models (with its KubeConfig class it would be 87 MB). */
async function parseDocument(content: string, path: string): Promise<unknown> {
  if (content.trimStart().startsWith('{')) {
    try {
      return JSON.parse(content) as unknown;
    } catch {
      // YAML in flow style starts with a brace too: the parser below says what is wrong with it.
    }
  }
  const { parse } = await import('yaml');
  try {
    return parse(content) as unknown;
  } catch (cause) {
    throw new TerminalError('InvalidKubeconfig', `${path} is no YAML`, { cause });
  }
}

function entry<T>(
  schema: z.ZodType<T>,
  entries: z.infer<typeof named>,
  list: string,
  name: string,
  field: string,
  path: string,
): T {
  const found = entries?.find((each) => each.name === name);
  if (found === undefined) throw invalid(path, `${list} has no entry named ${name}`);
  return check(schema, found[field] ?? {}, path, `${list}[${name}].${field}`);
}

function check<T>(schema: z.ZodType<T>, value: unknown, path: string, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${[where, ...issue.path].filter(Boolean).join('.')}: ${issue.message}`,
  );
  throw invalid(path, problems.join('; '));
}

function absolute<T extends object>(value: T, fields: readonly (keyof T)[], path: string): T {
  const changed: T = { ...value };
  for (const field of fields) {
    const file: unknown = changed[field];
    if (typeof file === 'string') Object.assign(changed, { [field]: resolve(dirname(path), file) });
  }
  return changed;
}

function invalid(path: string, problem: string): TerminalError {
  return new TerminalError('InvalidKubeconfig', `${path} cannot be used: ${problem}`);
}
