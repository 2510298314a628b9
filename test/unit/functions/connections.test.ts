import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { ApiGatewayConnections } from '../../../functions/runtime/aws/connections.js';
import { clientOf, type Service, type ServiceAnswer, startService } from './service.js';

const GONE: ServiceAnswer = {
  status: 410,
  headers: { 'x-amzn-errortype': 'GoneException' },
  body: { message: null },
};
const THROTTLED: ServiceAnswer = {
  status: 429,
  headers: { 'x-amzn-errortype': 'LimitExceededException' },
  body: { message: 'too fast' },
};

const service = { answer: GONE };
let server: Service;
let sockets: ApiGatewayConnections;

beforeEach(async () => {
  server = await startService(() => service.answer);
  const endpoint = `${server.url}/v1`;
  sockets = new ApiGatewayConnections(new ApiGatewayManagementApiClient({ ...clientOf(server), endpoint }));
});
afterEach(() => server.close());

test('a frame is posted to its connection below the stage', async () => {
  service.answer = { status: 200 };
  expect(await sockets.post('L0SM9cOFvHcCIhw=', '{"type":"syncRequest"}')).toBe('posted');
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'POST', body: '{"type":"syncRequest"}' });
  expect(decodeURIComponent(request?.path ?? '')).toBe('/v1/@connections/L0SM9cOFvHcCIhw=');
});

test('a frame for a connection that is not there is gone', async () => {
  service.answer = GONE;
  expect(await sockets.post('c1', '{}')).toBe('gone');
});

test('a frame that is throttled throws', async () => {
  service.answer = THROTTLED;
  await expect(sockets.post('c1', '{}')).rejects.toThrow('too fast');
});

test('a connection is closed by deleting it', async () => {
  service.answer = { status: 204 };
  await sockets.close('c1');
  expect(server.requests.map(({ method, path }) => [method, decodeURIComponent(path)])).toEqual([
    ['DELETE', '/v1/@connections/c1'],
  ]);
});

test('closing what is closed already is no error, anything else is', async () => {
  service.answer = GONE;
  await expect(sockets.close('c1')).resolves.toBeUndefined();
  service.answer = THROTTLED;
  await expect(sockets.close('c1')).rejects.toThrow('too fast');
});
