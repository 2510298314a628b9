import type { IncomingMessage } from 'node:http';
import type { JwtContext } from './jwt-authorizer.js';

/** A request with all that its event contains. */
export interface RequestFacts {
  readonly req: IncomingMessage;
  readonly body: Buffer;
  readonly path: string;
  readonly query: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly apiId: string;
  readonly accountId: string;
  readonly stage: string;
  readonly jwt: JwtContext | undefined;
}

/** The event of an HTTP API in payload format 2.0. */
export function httpEvent(facts: RequestFacts) {
  const { req, body, path, query, routeKey, pathParameters, jwt } = facts;
  const { cookie, ...headers } = headersOf(req);
  const now = new Date();
  const rawPath = decodedPath(path);
  const isText = isTextBody(headers);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookie && { cookies: cookie.split(/; ?/) }),
    headers,
    ...(query && { queryStringParameters: queryParameters(query) }),
    requestContext: {
      accountId: facts.accountId,
      apiId: facts.apiId,
      ...(jwt && { authorizer: { jwt } }),
      domainName: headers.host ?? '',
      domainPrefix: (headers.host ?? '').split('.')[0],
      http: {
        method: req.method ?? '',
        path: rawPath,
        protocol: `HTTP/${req.httpVersion}`,
        sourceIp: req.socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: facts.requestId,
      routeKey,
      stage: facts.stage,
      time: apacheTime(now),
      timeEpoch: now.getTime(),
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Headers by name in lower case. Repeated headers are joined with commas; Node.js itself would drop some of them. */
function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const joint = name === 'cookie' ? '; ' : ',';
    headers[name] = headers[name] === undefined ? value : headers[name] + joint + value;
  }
  return headers;
}

function queryParameters(query: string): Record<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(parameters);
}

const TEXT_TYPE = /^(text\/|application\/(json|javascript|xml|[\w.+-]+\+(json|xml))($|[;\s]))/i;

/** Whether a body is passed on as text. All other bodies, and compressed ones, are passed on as base64. */
function isTextBody(headers: Record<string, string>): boolean {
  const encoding = headers['content-encoding'];
  return (!encoding || encoding === 'identity') && TEXT_TYPE.test(headers['content-type'] ?? '');
}

function decodedPath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A time like `12/Mar/2026:19:03:58 +0000`. */
export function apacheTime(date: Date): string {
  const [day, time] = date.toISOString().split(/[T.]/);
  const [year, month, dayOfMonth] = (day ?? '').split('-');
  return `${dayOfMonth}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}
