import { LocalCloudProblem } from '../problem.js';

/** Whether a value satisfies a rule of a filter pattern. Undefined: there is no value. */
type Test = (value: unknown) => boolean;

/** Whether an event passes the filter. */
export type EventFilter = (event: unknown) => boolean;

/**
 * Compiles the patterns of an event source mapping: an event passes when it matches one of them.
 * Source: Amazon EventBridge User Guide, "Comparison operators"; AWS Lambda Developer Guide, "Event filtering".
 * @param patterns JSON texts. Empty: every event passes.
 * @param where start of the error texts: the mapping.
 * @throws LocalCloudProblem when a pattern is not JSON or uses an operator that is not supported.
 */
export function compileFilter(patterns: readonly string[], where: string): EventFilter {
  const tests = patterns.map((pattern) => compilePattern(parsedPattern(pattern, where), where));
  return (event) => tests.length === 0 || tests.some((test) => test(event));
}

function parsedPattern(pattern: string, where: string): unknown {
  try {
    return JSON.parse(pattern);
  } catch {
    throw new LocalCloudProblem(`${where}: the filter pattern must be JSON, got ${pattern}`);
  }
}

function compilePattern(pattern: unknown, where: string): Test {
  if (Array.isArray(pattern)) return anyOf(pattern.map((rule) => compileRule(rule, where)));
  if (typeof pattern !== 'object' || pattern === null) {
    throw new LocalCloudProblem(
      `${where}: a field of a filter pattern must be a list, got ${JSON.stringify(pattern)}`,
    );
  }
  const tests = Object.entries(pattern).map(([key, inner]): Test => {
    if (key === '$or' && Array.isArray(inner)) return anyOf(inner.map((it) => compilePattern(it, where)));
    const test = compilePattern(inner, where);
    return (value) => test(memberOf(value, key));
  });
  return (value) => tests.every((test) => test(value));
}

const anyOf =
  (tests: Test[]): Test =>
  (value) =>
    tests.some((test) => test(value));

/** A member of an object, or of a text that is JSON, like the body of a queue message. */
function memberOf(value: unknown, key: string): unknown {
  const container = typeof value === 'string' ? parsedOrUndefined(value) : value;
  if (typeof container !== 'object' || container === null || Array.isArray(container)) return undefined;
  return (container as Record<string, unknown>)[key];
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A list in the event matches when one of its items does. */
const onItems =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) ? value.some(test) : test(value);

const onText = (test: (text: string) => boolean): Test =>
  onItems((value) => typeof value === 'string' && test(value));

function compileRule(rule: unknown, where: string): Test {
  if (typeof rule !== 'object' || rule === null) return onItems((value) => value === rule);
  const [[operator, argument] = ['', undefined], ...others] = Object.entries(rule);
  const unknown = () =>
    new LocalCloudProblem(`${where}: the filter rule ${JSON.stringify(rule)} is not supported`);
  if (others.length > 0) throw unknown();
  if (operator === 'exists' && typeof argument === 'boolean') {
    // An object does not exist in this sense: patterns match leaves.
    return (value) =>
      (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value))) ===
      argument;
  }
  if (operator === 'anything-but') return compileAnythingBut(argument, where);
  if (operator === 'numeric' && Array.isArray(argument)) return compileNumeric(argument, unknown);
  if (typeof argument !== 'string') throw unknown();
  if (operator === 'prefix') return onText((text) => text.startsWith(argument));
  if (operator === 'suffix') return onText((text) => text.endsWith(argument));
  if (operator === 'equals-ignore-case')
    return onText((text) => text.toLowerCase() === argument.toLowerCase());
  throw unknown();
}

function compileAnythingBut(argument: unknown, where: string): Test {
  const excluded = Array.isArray(argument) ? argument : [argument];
  const test = anyOf(excluded.map((rule) => compileRule(rule, where)));
  return (value) => value !== undefined && !test(value);
}

const COMPARISONS: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

/** `[">", 0, "<=", 5]`. Text is compared as a number too, because DynamoDB JSON has numbers as text. */
function compileNumeric(parts: unknown[], unknown: () => Error): Test {
  const comparisons = Array.from({ length: Math.ceil(parts.length / 2) }, (_, i) => {
    const compare = COMPARISONS[String(parts[2 * i])];
    const limit = parts[2 * i + 1];
    if (!compare || typeof limit !== 'number') throw unknown();
    return (value: number) => compare(value, limit);
  });
  const numberOf = (value: unknown) =>
    typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return onItems((value) => {
    const number = numberOf(value);
    return (
      typeof number === 'number' && !Number.isNaN(number) && comparisons.every((compare) => compare(number))
    );
  });
}
