/** The same value, it and everything in it frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

/** A value that was checked to be there; anything else is a bug of the check. */
export function present<T>(value: T | null): T {
  if (value === null) throw new Error('a flag with a default has no value');
  return value;
}
