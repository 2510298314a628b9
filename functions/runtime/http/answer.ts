import type { SyncProblem } from '../../../core/model/sync-problem.js';
import { PROBLEMS } from '../../../protocol/problem.js';
import { problemDocument, retryAfterSeconds } from './problem-document.js';

/** An HTTP answer as API Gateway takes it from a function. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

const json = (statusCode: number, body: unknown, type = 'application/json'): Answer => ({
  statusCode,
  headers: { 'content-type': type },
  body: JSON.stringify(body),
});

export const ok = (body: unknown): Answer => json(200, body);
export const created = (body: unknown): Answer => json(201, body);
export const accepted = (): Answer => ({ statusCode: 202, headers: {} });
export const noContent = (): Answer => ({ statusCode: 204, headers: {} });

export function problemAnswer(problem: SyncProblem, requestId: string): Answer {
  const document = problemDocument(problem, requestId);
  const answer = json(PROBLEMS[problem.kind].status, document, 'application/problem+json');
  const seconds = retryAfterSeconds(problem);
  return seconds === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } };
}
