import { SyncProblem } from '../../../core/model/sync-problem.js';
import { frameEndpoint } from '../../../functions/runtime/websocket/socket-endpoint.js';
import { handler as defaultHandler } from '../../../functions/socket-default/handler.js';
import { errorFrameSchema } from '../../../protocol/frames.js';
import { capturedLog } from './captured-log.js';
import { context, HOLDER, REQUEST_ID, socketEvent } from './gateway-events.js';

const log = capturedLog();

const frameOf = async (answer: Promise<{ statusCode: number; body?: string }>) => {
  const { statusCode, body } = await answer;
  expect(statusCode).toBe(200); // any other status would not reach the client as a frame of ours
  return JSON.parse(body ?? '');
};
const toDefault = (body: string) => frameOf(defaultHandler(socketEvent(body), context()));

test('[SO6] a ping is answered with a pong', async () => {
  expect(await toDefault('{"action":"ping"}')).toEqual({ type: 'pong' });
});

test.each([
  [
    '{"action":"dance","id":"r7"}',
    'invalid-request',
    [{ pointer: '/action', detail: 'must be one of "sync", "ping"' }],
  ],
  ['{"id":"r7"}', 'invalid-request', [{ pointer: '/action', detail: 'must be one of "sync", "ping"' }]],
  ['{"action":"ping","id":"r7"}', 'invalid-request', [{ pointer: '/id', detail: 'is not a known member' }]],
])('[SO7] %s gets an error frame with its id', async (body, kind, errors) => {
  const frame = await toDefault(body);
  expect(errorFrameSchema.safeParse(frame).success).toBe(true);
  expect(frame).toMatchObject({
    type: 'error',
    id: 'r7',
    problem: { type: `/problems/${kind}`, status: 400, requestId: REQUEST_ID, errors },
  });
});

test.each([
  ['not json', 'invalid-json'],
  ['', 'invalid-json'],
  ['[1]', 'invalid-request'],
  ['null', 'invalid-request'],
  [`{"action":"x","id":"${'i'.repeat(129)}"}`, 'invalid-request'],
  ['{"action":"x","id":5}', 'invalid-request'],
])('case %#: without a usable id, the error frame has none', async (body, kind) => {
  const frame = await toDefault(body);
  expect(frame.problem.type).toBe(`/problems/${kind}`);
  expect(frame).not.toHaveProperty('id');
});

test('the frame is answered for the device that the connection belongs to', async () => {
  const handler = frameEndpoint(async ({ holder, frame }) => {
    expect(holder).toEqual(HOLDER);
    expect(frame).toEqual({ action: 'sync', id: 'r1' });
    return { type: 'syncResponse', id: 'r1', syncToken: 't' };
  });
  expect(await frameOf(handler(socketEvent('{"action":"sync","id":"r1"}'), context()))).toEqual({
    type: 'syncResponse',
    id: 'r1',
    syncToken: 't',
  });
});

test('a problem of the core and an unknown error are error frames, the latter without its words', async () => {
  const failing = (error: Error) =>
    frameEndpoint(async () => {
      throw error;
    });
  const frame = socketEvent('{"action":"sync","id":"r1"}');
  const gap = await frameOf(failing(new SyncProblem('operation-gap', { expectedN: 3 }))(frame, context()));
  expect(gap).toMatchObject({ type: 'error', id: 'r1', problem: { status: 409, expectedN: 3 } });
  const defect = await frameOf(failing(new Error('table is gone'))(frame, context()));
  expect(defect.problem).toMatchObject({ type: '/problems/internal', status: 500 });
  expect(JSON.stringify(defect)).not.toContain('table is gone');
  expect(log.text()).toContain('table is gone');
});

test('a connection that our authorizer has not let in gets an error', async () => {
  const event = socketEvent('{"action":"ping"}');
  const stranger = { ...event, requestContext: { ...event.requestContext, authorizer: undefined } };
  expect(await frameOf(defaultHandler(stranger, context()))).toMatchObject({ problem: { status: 500 } });
});
