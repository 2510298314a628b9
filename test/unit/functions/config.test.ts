import { readConfig } from '../../../functions/runtime/aws/config.js';

test('a function gets the variables it asks for, and no other', () => {
  const environment = { STORE_TABLE: 'boxes', REGISTRY_TABLE: 'devices', PATH: '/bin' };
  expect(readConfig(['STORE_TABLE'], environment)).toEqual({ STORE_TABLE: 'boxes' });
});

test('every variable at fault is named at once, without its value', () => {
  const environment = { STORE_TABLE: '', SOCKET_CALLBACK_URL: 'not a url' };
  const names = ['STORE_TABLE', 'REGISTRY_TABLE', 'SOCKET_CALLBACK_URL'] as const;
  expect(() => readConfig(names, environment)).toThrow(
    'The environment of this function is incomplete: STORE_TABLE must not be empty, REGISTRY_TABLE is not set, SOCKET_CALLBACK_URL must be a URL.',
  );
});

test('the URL of the WebSocket API may be a wss URL', () => {
  const SOCKET_URL = 'wss://abc.execute-api.eu-central-1.amazonaws.com/v1';
  expect(readConfig(['SOCKET_URL'], { SOCKET_URL })).toEqual({ SOCKET_URL });
});
