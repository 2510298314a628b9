import { SyncProblem } from '../../core/model/sync-problem.js';
import { pingFrameSchema } from '../../protocol/frames.js';
import { validateRequest } from '../runtime/http/validate-request.js';
import { frameEndpoint } from '../runtime/websocket/socket-endpoint.js';

/** Answers `ping`, and each frame without a route in the gateway. */
export const handler = frameEndpoint(async ({ frame }) => {
  if (frame.action !== 'ping') {
    throw new SyncProblem('invalid-request', {
      errors: [{ pointer: '/action', detail: 'must be one of "sync", "ping"' }],
    });
  }
  validateRequest(pingFrameSchema, frame);
  return { type: 'pong' };
});
