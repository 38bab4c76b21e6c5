import { parseDurationMs } from '../model/duration.ts';
import { bad, good, type Kind } from './kind.ts';
import type { HostPort } from './values.ts';

/** RFC 1123 label: what Kubernetes takes as a namespace. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** RFC 1123 subdomain: what Kubernetes takes as the name of most objects. */
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Any text, such as a path. */
export function text(type: string, placeholder: string): Kind<string> {
  return { type, placeholder, list: false, parse: good };
}

/** True when it is given, without a value. */
export const toggle: Kind<boolean> = {
  type: 'switch',
  placeholder: '',
  list: false,
  parse: (given) => {
    if (given === 'true') return good(true);
    return given === 'false' ? good(false) : bad('is neither true nor false');
  },
};

/** One of a few words. */
export function oneOf<const T extends string>(values: readonly T[]): Kind<T> {
  return {
    type: 'word',
    placeholder: values.join('|'),
    list: false,
    parse: (given) => {
      const value = values.find((each) => each === given);
      return value === undefined ? bad(`is none of ${values.join(', ')}`) : good(value);
    },
  };
}

/** One of a few words, whatever its letters' case. */
export function oneOfAnyCase<const T extends string>(values: readonly T[]): Kind<T> {
  return {
    type: 'word',
    placeholder: values.join('|'),
    list: false,
    parse: (given) => {
      const value = values.find((each) => each.toLowerCase() === given.toLowerCase());
      return value === undefined ? bad(`is none of ${values.join(', ')}`) : good(value);
    },
  };
}

/** A whole number in plain digits. */
export function integer(min: number, max: number): Kind<number> {
  return {
    type: 'whole number',
    placeholder: 'N',
    list: false,
    parse: (given) => {
      const value = /^\d{1,15}$/.test(given) ? Number(given) : NaN;
      return value >= min && value <= max ? good(value) : bad(`is not a whole number from ${min} to ${max}`);
    },
  };
}

/** A number that may have a fraction, from 0 on. */
export function decimal(max: number): Kind<number> {
  return {
    type: 'number',
    placeholder: 'N',
    list: false,
    parse: (given) => {
      const value = /^\d{1,15}(\.\d{1,9})?$/.test(given) ? Number(given) : NaN;
      return value <= max ? good(value) : bad(`is not a number from 0 to ${max}`);
    },
  };
}

/** A duration as Kubernetes writes it, read as milliseconds; both ends as people would write them. */
export function duration(min: string, max: string): Kind<number> {
  const minMs = parseDurationMs(min) ?? 0;
  const maxMs = parseDurationMs(max) ?? Infinity;
  return {
    type: 'duration',
    placeholder: 'DURATION',
    list: false,
    parse: (given) => {
      const value = parseDurationMs(given);
      if (value === null) return bad('is not a duration such as 500ms, 15s, 1m30s or 1h');
      return value >= minMs && value <= maxMs ? good(value) : bad(`is not between ${min} and ${max}`);
    },
  };
}

/** The name of a namespace. */
export const namespaceName: Kind<string> = {
  type: 'namespace',
  placeholder: 'NAMESPACE',
  list: false,
  parse: (given) => (LABEL.test(given) ? good(given) : bad(NOT_A_NAMESPACE)),
};

const NOT_A_NAMESPACE = 'is not the name of a namespace (lower case letters, digits and -, at most 63)';

/** Namespaces with commas between them; one that is named twice counts once. */
export const namespaceList: Kind<readonly string[]> = {
  type: 'list of namespaces',
  placeholder: 'NAMESPACE,...',
  list: true,
  parse: (given) => {
    const names = given.split(',').map((name) => name.trim());
    const wrong = names.find((name) => !LABEL.test(name));
    return wrong === undefined
      ? good(Object.freeze([...new Set(names)]))
      : bad(`has "${wrong}" in it, which ${NOT_A_NAMESPACE}`);
  },
};

/** The name of a Kubernetes object. */
export const objectName: Kind<string> = {
  type: 'name',
  placeholder: 'NAME',
  list: false,
  parse: (given) =>
    SUBDOMAIN.test(given)
      ? good(given)
      : bad('is not the name of an object (lower case letters, digits, - and ., at most 253)'),
};

/** `namespace/name` of a Kubernetes object. */
export const namespacedName: Kind<{ readonly namespace: string; readonly name: string }> = {
  type: 'namespace and name',
  placeholder: 'NAMESPACE/NAME',
  list: false,
  parse: (given) => {
    const [namespace = '', name = '', ...rest] = given.split('/');
    return LABEL.test(namespace) && SUBDOMAIN.test(name) && rest.length === 0
      ? good(Object.freeze({ namespace, name }))
      : bad('is not of the form NAMESPACE/NAME');
  },
};

/** `namespace/name` of a Kubernetes object, or its name alone. */
export const objectReference: Kind<{ readonly namespace: string | null; readonly name: string }> = {
  type: 'name',
  placeholder: 'NAMESPACE/NAME',
  list: false,
  parse: (given) => {
    const full = namespacedName.parse(given);
    if (full.ok) return full;
    return SUBDOMAIN.test(given)
      ? good(Object.freeze({ namespace: null, name: given }))
      : bad('is neither of the form NAMESPACE/NAME nor a NAME');
  },
};

/** A DNS domain, in lower case, without a dot at either end. */
export const domain: Kind<string> = {
  type: 'DNS domain',
  placeholder: 'DOMAIN',
  list: false,
  parse: (given) => (SUBDOMAIN.test(given) ? good(given) : bad('is not a DNS domain such as cluster.local')),
};

/** Where a server listens: `:8080`, `127.0.0.1:8080`, `[::1]:8080`; `0` is nowhere, as in controller-runtime. */
export const listenAddress: Kind<HostPort | null> = {
  type: 'address',
  placeholder: 'HOST:PORT',
  list: false,
  parse: (given) => {
    if (given === '0') return good(null);
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s[\]:/]*)):(\d{1,5})$/.exec(given);
    const port = Number(match?.[3] ?? NaN);
    return match !== null && port <= 65_535
      ? good(Object.freeze({ host: match[1] ?? match[2] ?? '', port }))
      : bad('is not an address such as :8080, 127.0.0.1:8080 or [::1]:8080 (0 turns it off)');
  },
};
