/**
 * A copy as JSON returns it, which nobody can change, because readers share it. Frozen values are not copied
 * again. Members that are undefined are left out.
 * @throws TypeError for a value that JSON cannot express.
 */
export function frozen<T>(value: T): T {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return (value + 0) as T; // JSON has one zero
  if (typeof value !== 'object') throw new TypeError(`${typeof value} cannot be stored`);
  if (Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozen)) as T;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) if (member !== undefined) copy[name] = frozen(member);
  return Object.freeze(copy) as T;
}
