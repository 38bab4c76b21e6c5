/** JSON of a log field. */
export type Loggable =
  string | number | boolean | null | readonly Loggable[] | { readonly [name: string]: Loggable };

const MASK = '***';
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const MAX_CHARACTERS = 8192;

/** Names whose text is a secret: `password`, `dbPassword`, `access_token`; not `secretName`, which only says where one is. */
const SECRET_NAME =
  /(password|passwd|passphrase|pwd|token|secret|authorization|cookie|privatekey|apikey|dsn|credentials?)$/;
/** The user information of a URL: `mysql://user:password@host`; PASSWORD itself is what advice has in its place. */
const URL_PASSWORD = /(:\/\/[^\s/?#:@]*):(?!PASSWORD@)[^\s/?#]*@/g;
/** `Authorization: Basic ...`. */
const AUTHORIZATION = /\b(authorization:\s{0,4}\w{1,20}\s{1,4})\S+/gi;
/** A token is longer than the words that may follow "Bearer" in a sentence. */
const BEARER = /\b(Bearer\s{1,4})[\w.~+/=-]{16,}/gi;

/** A text without the secrets that can be told by their form: passwords in URLs, tokens in authorization headers. Takes time linear in its length. */
export function maskText(text: string): string {
  return text
    .replace(URL_PASSWORD, `$1:${MASK}@`)
    .replace(AUTHORIZATION, `$1${MASK}`)
    .replace(BEARER, `$1${MASK}`);
}

/**
 * The fields of an object as JSON that is safe to log: secrets masked, errors with stack and causes, cycles and depth
 * cut, long texts and lists shortened; those that are undefined are left out. Never throws.
 */
export function loggableFields(fields: object): Record<string, Loggable> {
  return convertFields(fields, []);
}

function convert(value: unknown, path: readonly object[]): Loggable {
  switch (typeof value) {
    case 'string':
      return shorten(maskText(value));
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : convertObject(value, path);
    case 'undefined':
      return null;
    case 'bigint':
    case 'symbol':
    case 'function':
      return String(value);
  }
}

function convertObject(value: object, path: readonly object[]): Loggable {
  if (path.includes(value)) return '[circular]';
  if (path.length >= MAX_DEPTH) return '[too deep]';
  const inner = [...path, value];
  if (value instanceof Error) return convertError(value, inner);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL) return maskText(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map)
    return convertFields(Object.fromEntries(value as Map<unknown, unknown>) as object, inner);
  if (Array.isArray(value) || value instanceof Set) return convertList([...value], inner);
  return convertFields(value, inner);
}

function convertList(values: readonly unknown[], path: readonly object[]): Loggable {
  const shown = values.slice(0, MAX_ITEMS).map((each) => convert(each, path));
  return values.length > MAX_ITEMS ? [...shown, `[${values.length - MAX_ITEMS} more]`] : shown;
}

function convertFields(fields: object, path: readonly object[]): Record<string, Loggable> {
  const result: Record<string, Loggable> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    result[name] = isSecret(name, value) ? MASK : convert(value, path);
  }
  return result;
}

function isSecret(name: string, value: unknown): boolean {
  if (value === null || value === '' || typeof value === 'boolean' || typeof value === 'number') return false;
  return SECRET_NAME.test(name.toLowerCase().replaceAll(/[-_.]/g, ''));
}

/** Name, message and stack first, then what the error's class adds (code, reason), then what it was caused by. */
function convertError(error: Error, path: readonly object[]): Loggable {
  const known = new Set(['name', 'message', 'stack', 'cause', 'errors']);
  const added = Object.entries(error).filter(([field]) => !known.has(field));
  return {
    name: error.name,
    message: convert(error.message, path),
    ...convertFields(Object.fromEntries(added), path),
    ...(error.stack === undefined ? {} : { stack: convert(error.stack, path) }),
    ...(error instanceof AggregateError ? { errors: convertList(error.errors, path) } : {}),
    ...(error.cause === undefined ? {} : { cause: convert(error.cause, path) }),
  };
}

function shorten(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  return `${text.slice(0, MAX_CHARACTERS)}[${text.length - MAX_CHARACTERS} more characters]`;
}
