/**
 * Short names for messages and enumerations: `ClusterLoadAssignmentPolicy` for envoy.config.endpoint.v3.ClusterLoadAssignment.Policy. Of several that
 * would be called the same, each has its package before it: `RouteRetryPolicy` and `CoreRetryPolicy`, or, where that is not enough, all of it.
 */
export function typeNames(fullNames: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  let open = fullNames;
  for (const shorten of [inPackage, withPackage, inFull]) {
    const claims = grouped(open, shorten);
    const taken = new Set(names.values());
    for (const [name, [only = '', ...others]] of claims) {
      if (others.length === 0 && !taken.has(name) && !RESERVED.has(name)) names.set(only, name);
    }
    open = open.filter((full) => !names.has(full));
  }
  if (open.length > 0) throw new Error(`no names for ${open.join(', ')}`);
  return names;
}

/** Names of the module's own, and of the language. */
const RESERVED = new Set(['Any', 'Struct', 'Messages', 'PackedMessage', 'TypeUrl', 'Record', 'Readonly']);

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const camel = (words: readonly string[]): string =>
  words
    .flatMap((word) => word.split('_'))
    .map(capital)
    .join('');

/** Packages are in lower case, messages are not. */
const split = (full: string): [string[], string[]] => {
  const words = full.split('.');
  const first = words.findIndex((word) => /^[A-Z]/.test(word));
  return [words.slice(0, first), words.slice(first)];
};

function inPackage(full: string): string {
  return camel(split(full)[1]);
}

function withPackage(full: string): string {
  const [folders, words] = split(full);
  return camel([...folders.filter((word) => !/^v\d/.test(word)).slice(-1), ...words]);
}

function inFull(full: string): string {
  const [folders, words] = split(full);
  return camel([...folders.filter((word) => !/^v\d/.test(word)), ...words]);
}

function grouped(items: readonly string[], keyOf: (item: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
