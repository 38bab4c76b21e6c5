import { doctorFlags, REGISTRY_ARGUMENT } from './doctor-flags.ts';
import { flagName, type FlagTable, variableName } from './flag.ts';
import { migrateFlags } from './migrate-flags.ts';
import { operatorFlags } from './operator-flags.ts';
import { xdsBootstrapFlags } from './xds-bootstrap-flags.ts';
import { XDS_ARGUMENT, xdsFlags } from './xds-flags.ts';

/** One command of the program, for help and docs. */
export interface CommandDescription {
  readonly name: string;
  /** One sentence without a full stop. */
  readonly summary: string;
  readonly flags: FlagTable;
  /** What has to be given after the name of the command; its text is read under `key`. */
  readonly argument?: CommandArgument;
  /** Command lines that work as they stand, each with what it is for. */
  readonly examples: readonly { readonly line: string; readonly purpose: string }[];
}

/** A word that a command needs beside its flags. */
export interface CommandArgument {
  readonly key: string;
  /** As help shows it: REGISTRY. */
  readonly placeholder: string;
  /** One sentence without a full stop. */
  readonly description: string;
}

/** Every command, in the order of help. */
export const commands = {
  operator: {
    name: 'operator',
    summary: 'Keep the EndpointSlices of every GrpcService equal to its registry',
    flags: operatorFlags,
    examples: [
      { line: 'rollcall operator', purpose: 'in a pod, with the ServiceAccount and namespace of the pod' },
      {
        line: 'rollcall operator --kubeconfig ~/.kube/config --namespace rollcall-system --log-format pretty',
        purpose: 'from a terminal',
      },
      {
        line: 'rollcall operator --watch-namespaces shop,billing --default-registry rollcall-system/main',
        purpose: 'for two namespaces only, with a registry for all who name none',
      },
    ],
  },
  migrate: {
    name: 'migrate',
    summary: 'Create or upgrade the tables of a registry; safe to run twice and at once',
    flags: migrateFlags,
    examples: [
      {
        line: 'ROLLCALL_URL=mysql://admin:secret@db.example.com:3306/registry rollcall migrate',
        purpose: 'with the password out of sight of other programs',
      },
      {
        line: 'rollcall migrate --url mysql://admin@localhost/registry --tls-mode VerifyIdentity --tls-ca ca.pem',
        purpose: 'over TLS, with proof that it is the right server',
      },
      {
        line: 'rollcall migrate --url mysql://admin@localhost/registry --feed trigger',
        purpose: 'with the triggers that the feed Trigger reads; --remove takes them away again',
      },
      {
        line: 'rollcall migrate --url mysql://admin@localhost/cmdb --feed trigger --registry registry.yaml --dry-run',
        purpose: 'what a database administrator has to run so that a table of your own can be followed',
      },
    ],
  },
  doctor: {
    name: 'doctor',
    summary: 'Look at a registry, its database and what each feed needs, and say what to type to mend it',
    flags: doctorFlags,
    argument: REGISTRY_ARGUMENT,
    examples: [
      {
        line: 'kubectl exec -n rollcall-system deploy/rollcall -- /usr/local/bin/node /app/dist/main.js doctor main',
        purpose: "in the operator's pod, with its rights and over its network",
      },
      {
        line: 'rollcall doctor rollcall-system/main --kubeconfig ~/.kube/config --feed Binlog',
        purpose: 'from a terminal: could the binary log be followed?',
      },
      { line: 'rollcall doctor main -o json', purpose: 'for programs' },
    ],
  },
  xds: {
    name: 'xds',
    summary: 'Show which clients are connected over xDS, and what each of them is shown',
    flags: xdsFlags,
    argument: XDS_ARGUMENT,
    examples: [
      {
        line: 'kubectl exec -n rollcall-system deploy/rollcall -- /usr/local/bin/node /app/dist/main.js xds clients',
        purpose: 'the clients of one replica',
      },
      {
        line: 'rollcall xds clients --address 127.0.0.1:8082,127.0.0.1:8083 --service shop/orders -o wide',
        purpose:
          'those of two, whose ports are forwarded by kubectl port-forward -n rollcall-system pod/POD 8082',
      },
      { line: 'rollcall xds config --node-id web-1.shop -o yaml', purpose: 'what one client is shown' },
      {
        line: 'rollcall xds config --service shop/orders --zone eu-1a',
        purpose: 'what a client in that zone would be shown',
      },
    ],
  },
  'xds-bootstrap': {
    name: 'xds-bootstrap',
    summary: 'Write the file that tells a gRPC client, or Envoy, where the xDS server is',
    flags: xdsBootstrapFlags,
    examples: [
      {
        line: 'rollcall xds-bootstrap --output /etc/rollcall-xds/bootstrap.json',
        purpose: 'in an init container: deploy/samples/xds-client.yaml',
      },
      {
        line: 'rollcall xds-bootstrap --server xds.example.com:18000 --region eu-1 --zone eu-1a --output bootstrap.json',
        purpose: 'for a client outside the cluster; then GRPC_XDS_BOOTSTRAP=bootstrap.json',
      },
      {
        line: 'rollcall xds-bootstrap --creds tls --tls-ca /tls/ca.crt --tls-cert /tls/tls.crt --tls-key /tls/tls.key',
        purpose: 'with mTLS; the files are read by the client, and again when they change',
      },
      {
        line: 'rollcall xds-bootstrap --envoy --node-id proxy-1 --output envoy.json',
        purpose: 'for an Envoy that is the front proxy: envoy -c envoy.json',
      },
    ],
  },
} as const satisfies Record<string, CommandDescription>;

/** One flag as the generated reference shows it. */
export interface FlagDoc {
  readonly flag: string;
  readonly variable: string;
  readonly placeholder: string;
  readonly type: string;
  /** The default as it would be typed; null: see `otherwise`. */
  readonly default: string | null;
  /** What holds when the flag is left out and has no default; null too: it is required. */
  readonly otherwise: string | null;
  readonly description: string;
  readonly secret: boolean;
}

/** The flags of every command, for docs/reference/flags.md. */
export function flagDocs(): readonly {
  readonly command: string;
  readonly summary: string;
  readonly argument: CommandArgument | null;
  readonly flags: readonly FlagDoc[];
}[] {
  return Object.values<CommandDescription>(commands).map(({ name, summary, flags, argument = null }) => ({
    ...{ command: name, summary, argument },
    flags: Object.entries<FlagTable[string]>(flags).map(([key, flag]) => ({
      flag: flagName(key),
      variable: variableName(key),
      placeholder: flag.kind.placeholder,
      type: flag.kind.type,
      default: flag.default,
      otherwise: flag.otherwise,
      description: flag.description,
      secret: flag.secret,
    })),
  }));
}
