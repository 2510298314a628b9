import { SyncProblem } from '../../core/model/sync-problem.js';
import { pingFrameSchema } from '../../protocol/frames.js';
import { validateRequest } from '../runtime/http/validate-request.js';
import { frameEndpoint } from '../runtime/websocket/socket-endpoint.js';

/** `ping`, and all that the gateway has no route for. */
export const handler = frameEndpoint(async ({ frame }) => {
  if (frame.action !== 'ping') {
    throw new SyncProblem('invalid-request', {
      errors: [{ pointer: '/action', detail: 'must be one of "sync", "ping"' }],
    });
  }
  validateRequest(pingFrameSchema, frame);
  return { type: 'pong' };
});
