import { startLocalCloud } from '../../src/local-cloud.js';
import type { LocalCloud } from '../../src/local-cloud-options.js';
import { aFunction, anHttpApi, removeFolders, writeStack } from './stack.js';

/** Code of a function that answers its event. */
export const ECHO = 'export const handler = async (event) => ({ event });';
const SPEAK = `export const handler = async (event) => {
  const { how } = event.queryStringParameters ?? {};
  if (how === 'throw') throw new Error('no');
  if (how === 'bare') return { plain: true };
  if (how === 'text') return 'just text';
  if (how === 'nonsense') return { statusCode: 'teapot' };
  if (how === 'binary') return { statusCode: 200, body: Buffer.from([0, 255]).toString('base64'), isBase64Encoded: true,
    headers: { 'Content-Type': 'application/octet-stream' } };
  if (how === 'slow') await new Promise((resolve) => setTimeout(resolve, 2000));
  return { statusCode: 201, headers: { 'X-Count': 3, 'Access-Control-Allow-Origin': 'https://of.function' },
    cookies: ['a=1', 'b=2'], body: 'hello' };
};`;

const RESOURCES = {
  Echo: aFunction('Echo'),
  Speak: aFunction('Speak'),
  ...anHttpApi(
    {
      'GET /v1/items': { functionId: 'Echo', open: true },
      'POST /v1/items': { functionId: 'Echo', open: true },
      'GET /v1/items/{itemId}': { functionId: 'Echo', open: true },
      'GET /v1/items/special': { functionId: 'Speak', open: true, timeoutMs: 1000 },
      'ANY /files/{path+}': { functionId: 'Echo', open: true },
      'GET /secure': { functionId: 'Echo' },
      'GET /scoped': { functionId: 'Echo', scopes: ['items/read', 'items/admin'] },
    },
    {
      CorsConfiguration: {
        AllowOrigins: ['https://app.example'],
        AllowMethods: ['GET'],
        AllowHeaders: ['authorization'],
        MaxAge: 60,
      },
    },
  ),
};

/** Starts a local cloud with an HTTP API of these two functions. {@link stopHttpApi} stops it. */
export const startHttpApi = (): Promise<LocalCloud> =>
  startLocalCloud({
    port: 0,
    outDir: writeStack({ resources: RESOURCES, code: { Echo: ECHO, Speak: SPEAK } }),
  });

export async function stopHttpApi(cloud: LocalCloud): Promise<void> {
  await cloud.stop();
  removeFolders();
}

export const withToken = (bearer: string) => ({ headers: { authorization: `Bearer ${bearer}` } });

// biome-ignore lint/suspicious/noExplicitAny: the events of the echo function are read without a type
export const eventOf = async (response: Response): Promise<any> => (await response.json()).event;
