import type { OperationResult } from '../../protocol/operation-result.js';
import { jsonBytes } from '../model/element.js';

type Results = readonly OperationResult[];

/**
 * Rule: results never make a response larger than its transport carries. If they would, only the first fault of each
 * operation stays. If that is not enough, `current` is omitted, as a large one always is. Over HTTP the same request gets
 * all of them.
 * @param maxBytes of their JSON
 */
export function trimResults(results: Results, maxBytes: number): Results {
  if (jsonBytes(results) <= maxBytes) return results;
  const brief = results.map(withFirstFault);
  return jsonBytes(brief) <= maxBytes ? brief : brief.map(({ current: _, ...result }) => result);
}

const withFirstFault = (result: OperationResult): OperationResult =>
  result.problem?.errors
    ? { ...result, problem: { ...result.problem, errors: result.problem.errors.slice(0, 1) } }
    : result;
