import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import type { TicketHolder } from '../../../core/ports/registry.js';
import type { ServerFrame } from '../../../protocol/frames.js';
import { syncFrameSchema } from '../../../protocol/frames.js';
import { LAST_WORDS_MS } from '../deadline.js';
import { logProblem, problemDocument, syncProblemOf } from '../http/problem-document.js';
import { parseJson } from '../http/request-body.js';
import { validateRequest } from '../http/validate-request.js';
import { inInvocation } from '../invocation.js';
import { beginLog, boxTag, deviceTag, logger } from '../observability/log.js';
import { measured } from '../observability/metrics.js';
import type { SocketAnswer, SocketEvent } from './socket-event.js';
import { holderOf } from './ticket-holder.js';

/** A received frame: an object whose members are not yet validated. */
export interface FrameRequest {
  readonly holder: TicketHolder;
  readonly frame: Readonly<Record<string, unknown>>;
}

const anyFrameSchema = z.looseObject({});
const sent = (frame: ServerFrame): SocketAnswer => ({ statusCode: 200, body: JSON.stringify(frame) });

const logged: MiddlewareObj<SocketEvent, SocketAnswer> = {
  before: ({ event }) => beginLog(event.requestContext.requestId),
};

/** Answers a problem with a frame and status 200: for any other status the gateway sends its own text. The connection stays open. */
const problemsAnswered: MiddlewareObj<SocketEvent, SocketAnswer> = {
  onError(request) {
    const problem = syncProblemOf(request.error);
    logProblem(problem);
    const document = problemDocument(problem, request.event.requestContext.requestId);
    request.response = sent({ type: 'error', ...idOf(request.event.body), problem: document });
  },
};

/** The id of a frame for its error frame, if the frame has a valid one. */
function idOf(body: string | undefined): { id?: string } {
  try {
    const id = syncFrameSchema.shape.id.safeParse(anyFrameSchema.parse(JSON.parse(body ?? '')).id);
    return id.success && id.data !== undefined ? { id: id.data } : {};
  } catch {
    return {};
  }
}

/** The frame as received, so that its handler can report all faults of all members. */
function frameIn(body = ''): FrameRequest['frame'] {
  const frame = parseJson(body);
  return anyFrameSchema.safeParse(frame).success
    ? (frame as FrameRequest['frame'])
    : validateRequest(anyFrameSchema, frame);
}

/** The handler of a function that answers each frame of a connection with a frame. */
export const frameEndpoint = (answer: (request: FrameRequest) => Promise<ServerFrame>) =>
  inInvocation(
    middy<SocketEvent, SocketAnswer, Error, Context>({
      timeoutEarlyInMillis: LAST_WORDS_MS,
      timeoutEarlyResponse: () => {
        throw new SyncProblem('unavailable', {
          detail: 'The function timed out. The request may have taken effect.',
        });
      },
    })
      .use([measured, logged, problemsAnswered])
      .handler(async (event) => {
        const holder = holderOf(event.requestContext.authorizer);
        logger.appendKeys({ caller: boxTag(holder.box), device: deviceTag(holder.deviceId) });
        return sent(await answer({ holder, frame: frameIn(event.body) }));
      }),
  );
