import type { SyncProblem } from '../../../core/model/sync-problem.js';
import { PROBLEMS } from '../../../protocol/problem.js';
import { problemDocument, retryAfterSeconds } from './problem-document.js';

/** An HTTP response in the format that API Gateway expects from a function. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

const json = (statusCode: number, body: unknown, type = 'application/json'): HttpResponse => ({
  statusCode,
  headers: { 'content-type': type },
  body: JSON.stringify(body),
});

export const ok = (body: unknown): HttpResponse => json(200, body);
export const created = (body: unknown): HttpResponse => json(201, body);
export const accepted = (): HttpResponse => ({ statusCode: 202, headers: {} });
export const noContent = (): HttpResponse => ({ statusCode: 204, headers: {} });

/** The problem document with its status, and with `Retry-After` where a retry helps. Source: RFC 9457. */
export function problemResponse(problem: SyncProblem, requestId: string): HttpResponse {
  const document = problemDocument(problem, requestId);
  const response = json(PROBLEMS[problem.kind].status, document, 'application/problem+json');
  const seconds = retryAfterSeconds(problem);
  return seconds === undefined
    ? response
    : { ...response, headers: { ...response.headers, 'retry-after': String(seconds) } };
}
