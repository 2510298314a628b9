import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { DevelopmentIssuer } from '../issuer/development-issuer.js';
import { MAX_EVENT_BYTES } from '../lambda/function-pool.js';
import type { Invoke } from '../lambda/functions.js';
import { readBody } from '../services/read-body.js';
import type { CorsProperties } from '../template/kinds/api-gateway.js';
import { type Answer, gatewayAnswer } from './answer.js';
import { functionAnswer, integrationFailed } from './function-answer.js';
import { httpEvent } from './http-event.js';
import { authorize, type JwtContext } from './jwt-authorizer.js';
import type { RouteTable } from './route-table.js';

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** One route: its authorizer and its function. */
export interface HttpRoute {
  readonly routeKey: string;
  readonly invoke: Invoke;
  readonly timeoutMs: number;
  /** Undefined: open to everybody. */
  readonly authorizer:
    | { readonly audience: readonly string[]; readonly scopes: readonly string[] }
    | undefined;
}

/** The parts of an HTTP API. */
export interface HttpApiSettings {
  readonly apiId: string;
  readonly accountId: string;
  readonly stage: string;
  readonly routes: RouteTable<HttpRoute>;
  readonly cors: CorsProperties | undefined;
  readonly issuer: DevelopmentIssuer;
}

/** Answers the requests to an HTTP API. */
export class HttpApi {
  constructor(private readonly settings: HttpApiSettings) {}

  /** Undefined: the functions answer preflights and set CORS headers. */
  get cors(): CorsProperties | undefined {
    return this.settings.cors;
  }

  /** Authorizes a request, invokes the function of its route, and answers its result. */
  async answer(req: IncomingMessage): Promise<Answer> {
    const requestId = randomUUID();
    const answer = await this.#route(req, requestId);
    return { ...answer, headers: { ...answer.headers, 'apigw-requestid': requestId } };
  }

  async #route(req: IncomingMessage, requestId: string): Promise<Answer> {
    const { path, query } = splitTarget(req.url ?? '/');
    const match = this.settings.routes.find(req.method ?? '', path);
    if (!match) return gatewayAnswer(404, 'Not Found');
    const { target: route, pathParameters } = match;
    let jwt: JwtContext | undefined;
    if (route.authorizer) {
      const { audience, scopes } = route.authorizer;
      const authorization = await authorize(
        this.settings.issuer,
        audience,
        scopes,
        req.headers.authorization,
      );
      if (!authorization.ok) return authorization.answer;
      jwt = authorization.jwt;
    }
    const body = await readBody(req, MAX_BODY_BYTES);
    if (body === 'tooLarge') return tooLarge;
    const { apiId, accountId, stage } = this.settings;
    const { routeKey } = route;
    const event = httpEvent({
      req,
      body,
      path,
      query,
      routeKey,
      pathParameters,
      requestId,
      apiId,
      accountId,
      stage,
      jwt,
    });
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) return tooLarge;
    return this.#integrate(route, event);
  }

  async #integrate({ invoke, timeoutMs }: HttpRoute, event: unknown): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Answer>((resolve) => {
      timer = setTimeout(() => resolve(gatewayAnswer(503, 'Service Unavailable')), timeoutMs);
    });
    const result = invoke(event).then(functionAnswer, () => integrationFailed);
    const answer = await Promise.race([result, late]);
    clearTimeout(timer);
    return answer;
  }
}

const tooLarge = gatewayAnswer(413, 'Request Entity Too Large', { connection: 'close' });

/** The path of a request and its query without the question mark. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark === -1
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
