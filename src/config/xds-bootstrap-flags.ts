import { flag, optional } from './flag.ts';
import { bad, good, type Kind } from './kind.ts';
import { domain, listenAddress, namespaceName, oneOf, text, toggle } from './kinds.ts';
import type { HostPort } from './values.ts';
import { serverList, XDS_SERVICE } from './xds-servers.ts';

/** The longest name of a region or a zone, as in the registry. */
const MAX_PLACE = 63;

const place: Kind<string> = {
  type: 'text',
  placeholder: 'NAME',
  list: false,
  parse: (given) => (given.length <= MAX_PLACE ? good(given) : bad(`is longer than ${MAX_PLACE} characters`)),
};

/** Where Envoy's admin interface listens: it can change and stop Envoy, so it needs an address of its own. */
const adminAddress: Kind<HostPort> = {
  ...listenAddress,
  parse: (given) => {
    const parsed = listenAddress.parse(given);
    if (!parsed.ok) return parsed;
    return parsed.value === null || parsed.value.host === ''
      ? bad('names no address; write 127.0.0.1:9901, or 0.0.0.0:9901 where others have to reach it')
      : good(parsed.value);
  },
};

const pem = text('PEM file', 'FILE');

/** Flags of `rollcall xds-bootstrap`. */
export const xdsBootstrapFlags = {
  output: optional(
    text('file', 'FILE'),
    'standard output',
    'File to write, all at once: who reads it sees the old one or the new one; its folder must be there',
  ),
  server: optional(
    serverList,
    `${XDS_SERVICE.name}.NAMESPACE.svc.DOMAIN:${XDS_SERVICE.port}, by --namespace and --cluster-domain`,
    'The xDS server; of several the first that answers is asked',
  ),
  namespace: flag(namespaceName, 'rollcall-system', 'Namespace of the operator, where --server is not given'),
  clusterDomain: flag(domain, 'cluster.local', "Domain of the cluster's DNS, where --server is not given"),
  nodeId: optional(
    text('text', 'ID'),
    'POD_NAME.POD_NAMESPACE of these environment variables; without them the name of the host',
    'What the client calls itself; the server looks up where the pod NAME.NAMESPACE runs if neither --region nor --zone is given',
  ),
  nodeCluster: flag(
    text('text', 'NAME'),
    'rollcall',
    'What the client belongs to; the server shows it, no more',
  ),
  region: optional(place, 'not told', 'Region that the client runs in'),
  zone: optional(
    place,
    'not told',
    'Zone that the client runs in: endpoints of the same zone are called first',
  ),
  creds: flag(
    oneOf(['insecure', 'tls']),
    'insecure',
    'How to talk to the xDS server; tls is for Go, C++, Python and Envoy, the client for Node.js has plaintext only',
  ),
  tlsCa: optional(
    pem,
    "the system's own authorities; Envoy needs it",
    'Authorities of certificates, where the client finds the file; also of the servers that it calls, with spec.xds.tls',
  ),
  tlsCert: optional(pem, 'no certificate', 'Certificate of the client, where the client finds the file'),
  tlsKey: optional(pem, 'no certificate', 'Private key of --tls-cert, where the client finds the file'),
  envoy: flag(
    toggle,
    'false',
    'Write the configuration of an Envoy that is the front proxy, not of a gRPC client',
  ),
  envoyAdmin: flag(
    adminAddress,
    '127.0.0.1:9901',
    'Where the admin interface of Envoy listens, with --envoy',
  ),
} as const;
