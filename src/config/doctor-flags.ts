import { FEED_NAMES } from './doctor-config.ts';
import { flag, optional, withLetter } from './flag.ts';
import { duration, namespaceName, oneOf, oneOfAnyCase, text } from './kinds.ts';

/** Flags of `rollcall doctor`. */
export const doctorFlags = {
  namespace: optional(
    namespaceName,
    "the pod's own; required outside a cluster",
    'Namespace of the Registry, where the argument names none',
  ),
  kubeconfig: optional(
    text('file', 'FILE'),
    "the pod's ServiceAccount",
    'Kubeconfig file that says where the API server is and who asks',
  ),
  feed: optional(
    oneOfAnyCase(FEED_NAMES),
    'all of them',
    'Look at this feed only, and judge by it instead of by the one in use',
  ),
  output: withLetter(
    flag(oneOf(['text', 'json']), 'text', 'text for people, json for programs; also -o'),
    'o',
  ),
  timeout: flag(duration('100ms', '5m'), '10s', 'How long each check may take'),
} as const;

/** What `rollcall doctor` looks at. */
export const REGISTRY_ARGUMENT = {
  key: 'registry',
  placeholder: 'REGISTRY',
  description: 'The Registry, as NAMESPACE/NAME or NAME',
} as const;
