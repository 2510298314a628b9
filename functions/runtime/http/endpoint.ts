import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { LAST_WORDS_MS } from '../deadline.js';
import { inInvocation } from '../invocation.js';
import { beginLog, logger } from '../observability/log.js';
import { measured } from '../observability/metrics.js';
import type { HttpEvent } from './caller.js';
import { compressed } from './compression.js';
import { type HttpResponse, problemResponse } from './http-response.js';
import { logProblem, syncProblemOf } from './problem-document.js';
import type { Route } from './route.js';

const requestIdOf = (event: HttpEvent): string => event.requestContext.requestId;

const logged: MiddlewareObj<HttpEvent, HttpResponse> = {
  before: ({ event }) => beginLog(requestIdOf(event)),
};

const problemsAnswered: MiddlewareObj<HttpEvent, HttpResponse> = {
  onError(request) {
    const problem = syncProblemOf(request.error);
    logProblem(problem);
    request.response = problemResponse(problem, requestIdOf(request.event));
  },
};

/** Adds the request id, compression and a line in the log to each response, also to a problem. */
async function finish(request: {
  event: HttpEvent;
  response: HttpResponse | null | undefined;
}): Promise<void> {
  if (!request.response) return;
  logger.info('answered', { route: request.event.routeKey, status: request.response.statusCode });
  const answer = await compressed(request.response, request.event.headers['accept-encoding']);
  const headers = { ...answer.headers, 'x-request-id': requestIdOf(request.event) };
  request.response = { ...answer, headers };
}

const finished: MiddlewareObj<HttpEvent, HttpResponse> = { after: finish, onError: finish };

/** The handler of a function that answers HTTP routes. Shape of a key: `POST /v1/sync`. */
export const httpEndpoint = (routes: Readonly<Record<string, Route>>) =>
  inInvocation(
    middy<HttpEvent, HttpResponse, Error, Context>({
      timeoutEarlyInMillis: LAST_WORDS_MS,
      timeoutEarlyResponse: () => {
        throw new SyncProblem('unavailable', {
          detail: 'The function timed out. The request may have taken effect.',
        });
      },
    })
      .use([measured, finished, logged, problemsAnswered]) // responses pass them in reverse order
      .handler(async (event) => {
        const found = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined;
        if (!found) throw new SyncProblem('not-found');
        return found.handle(event);
      }),
  );
