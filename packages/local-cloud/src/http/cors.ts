import type { IncomingMessage } from 'node:http';
import type { CorsProperties } from '../template/kinds/api-gateway.js';
import type { Answer } from './answer.js';

/** Answers a preflight request as API Gateway does, without a function. Undefined for any other request. */
export function preflightAnswer(cors: CorsProperties | undefined, req: IncomingMessage): Answer | undefined {
  const asks = req.headers.origin !== undefined && req.headers['access-control-request-method'] !== undefined;
  if (!cors || req.method !== 'OPTIONS' || !asks) return undefined;
  const origin = allowedOrigin(cors, req);
  const headers = origin && {
    ...shared(cors, origin),
    ...(cors.AllowMethods.length > 0 && { 'access-control-allow-methods': cors.AllowMethods.join(',') }),
    ...(cors.AllowHeaders.length > 0 && { 'access-control-allow-headers': cors.AllowHeaders.join(',') }),
    ...(cors.MaxAge !== undefined && { 'access-control-max-age': String(cors.MaxAge) }),
  };
  return { status: 204, headers: headers || {}, body: '' };
}

/** Adds the CORS headers. They replace those of the function, as in API Gateway. */
export function withCors(cors: CorsProperties | undefined, req: IncomingMessage, answer: Answer): Answer {
  if (!cors) return answer;
  const own = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
  const origin = allowedOrigin(cors, req);
  const exposed = cors.ExposeHeaders.length > 0 && {
    'access-control-expose-headers': cors.ExposeHeaders.join(','),
  };
  return {
    ...answer,
    headers: { ...Object.fromEntries(own), ...(origin && { ...shared(cors, origin), ...exposed }) },
  };
}

function shared(cors: CorsProperties, origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    ...(origin !== '*' && { vary: 'origin' }),
    ...(cors.AllowCredentials && { 'access-control-allow-credentials': 'true' }),
  };
}

/** `*`, or the origin of the request when it is allowed. `https://*` allows every origin with this scheme. */
function allowedOrigin({ AllowOrigins }: CorsProperties, req: IncomingMessage): string | undefined {
  const { origin } = req.headers;
  if (origin === undefined) return undefined;
  if (AllowOrigins.includes('*')) return '*';
  const allowed = AllowOrigins.some(
    (it) => it === origin || (it.endsWith('://*') && origin.startsWith(it.slice(0, -1))),
  );
  return allowed ? origin : undefined;
}
