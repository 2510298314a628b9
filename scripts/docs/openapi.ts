import type * as z from 'zod/mini';
import { PROBLEMS, type ProblemKind, problemSchema, problemType } from '../../protocol/problem.js';
import { PROTOCOL_VERSION } from '../../protocol/protocol-version.js';
import { ROUTE_SCHEMAS, type RouteResponse, type RouteSchemas } from '../../protocol/route-schemas.js';
import { OAUTH_SCOPES, PATH_PARTS, pathPartsOf, ROUTES, type RouteKey } from '../../protocol/routes.js';
import { gatewayAnswerSchema } from './components.js';
import { type Examples, examplesOf, PATH_EXAMPLES, problem, QUERY_EXAMPLES } from './examples.js';
import { type JsonObject, sortedByKey } from './json.js';
import { Shapes, type Side } from './shapes.js';

const PATH_WORDS: Readonly<Record<keyof typeof PATH_PARTS, string>> = {
  conversationId: 'Conversation-ID.',
  deviceId: 'The device.',
  policyId: 'The policy.',
  userId: 'The CPM User, `sub` of its tokens.',
};

/** Kinds of problems that any route may answer. */
const ALWAYS: readonly ProblemKind[] = [
  'invalid-request', // every route refuses unknown parameters of the query
  'unauthorized',
  'insufficient-scope',
  'too-many-requests',
  'internal',
  'unavailable',
];
const WITH_BODY: readonly ProblemKind[] = ['invalid-json', 'too-large', 'unsupported-media-type'];

/** Statuses that API Gateway also answers by itself, in its own format. */
const GATEWAY: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
const COMES_BACK: ReadonlySet<number> = new Set([429, 503]);

/** The OpenAPI 3.1 document of the HTTP API. */
export function openApi(): JsonObject {
  const document = new OpenApiDocument();
  const paths: Record<string, JsonObject> = {};
  for (const key of Object.keys(ROUTES).sort() as RouteKey[]) {
    const [method = '', path = ''] = key.split(' ');
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: document.operation(path, ROUTES[key].scope, ROUTE_SCHEMAS[key]),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'cpm-sync, HTTP',
      version: String(PROTOCOL_VERSION),
      summary: 'Content synchronization of OMA CPM 5.6.x, initiated by the client.',
      description:
        'Made from the schemas in `protocol/` by `npm run docs`. Bodies are JSON in UTF-8; unknown members of requests are refused. Responses over 1 KB are compressed when `Accept-Encoding` allows (br, gzip). The WebSocket is described in `asyncapi.json`.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: 'http://127.0.0.1:3000', description: 'The local cloud (`npm start`).' },
      {
        url: 'https://{api}.execute-api.{region}.amazonaws.com',
        description: 'A deployed stack.',
        variables: { api: { default: 'a1b2c3d4e5' }, region: { default: 'eu-central-1' } },
      },
    ],
    tags: Object.entries(OAUTH_SCOPES).map(([name, description]) => ({ name, description })),
    paths: sortedByKey(paths),
    components: document.components(),
  };
}

class OpenApiDocument {
  private readonly shapes = new Shapes('draft-2020-12');
  private readonly problems: Record<string, JsonObject> = {};

  operation(path: string, scope: string, route: RouteSchemas): JsonObject {
    const parameters = [...this.pathParameters(path), ...this.queryParameters(route.query)];
    const takesParameters = parameters.length > 0;
    const kinds = new Set<ProblemKind>([...ALWAYS, ...(route.request ? WITH_BODY : []), ...route.problems]);
    return {
      operationId: route.operationId,
      summary: route.about.split(/[.:](?:\s|$)/)[0],
      description: route.about,
      tags: [scope],
      security: [{ token: [scope] }],
      ...(takesParameters && { parameters }),
      ...(route.request && { requestBody: { required: true, ...this.content(route.request, 'input') } }),
      responses: { ...this.successes(route), ...this.problemsBy(kinds) },
    };
  }

  private pathParameters(path: string): JsonObject[] {
    return pathPartsOf(path).map((name) => {
      const shape = this.shapes.ref(PATH_PARTS[name], 'input');
      const [description, example] = [PATH_WORDS[name], PATH_EXAMPLES[name]];
      return { name, in: 'path', required: true, description, schema: shape, example };
    });
  }

  private queryParameters(query: z.ZodMiniType | undefined): JsonObject[] {
    if (!query) return [];
    return this.shapes.membersOf(query).map(({ name, isRequired, schema: { description, ...schema } }) => {
      const example = QUERY_EXAMPLES[name];
      return { name, in: 'query', required: isRequired, description, schema, example };
    });
  }

  private content(schema: z.ZodMiniType, side: Side): JsonObject {
    return {
      content: {
        'application/json': { schema: this.shapes.ref(schema, side), examples: shown(examplesOf(schema)) },
      },
    };
  }

  private successes({ responses }: RouteSchemas): JsonObject {
    return Object.fromEntries(
      Object.entries(responses).map(([status, { about, schema }]: [string, RouteResponse]) => [
        status,
        {
          description: about,
          headers: headersOf(Number(status)),
          ...(schema && this.content(schema, 'output')),
        },
      ]),
    );
  }

  private problemsBy(kinds: ReadonlySet<ProblemKind>): JsonObject {
    const known = (Object.keys(PROBLEMS) as ProblemKind[]).filter((kind) => kinds.has(kind));
    const statuses = [...new Set(known.map((kind) => PROBLEMS[kind].status))];
    return Object.fromEntries(
      statuses.map((status) => [
        status,
        this.problem(
          status,
          known.filter((kind) => PROBLEMS[kind].status === status),
        ),
      ]),
    );
  }

  /** A response that several routes share, named by its kinds: `BusyOrUnavailable`. */
  private problem(status: number, kinds: readonly ProblemKind[]): JsonObject {
    const name = kinds.map(pascalCase).join('Or');
    const gateway = GATEWAY[status];
    const types = kinds.map(problemType);
    this.problems[name] ??= {
      description: kinds.map((kind) => `\`${kind}\`: ${PROBLEMS[kind].title}.`).join(' '),
      headers: headersOf(status),
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              this.shapes.ref(problemSchema, 'output'),
              { properties: { type: { enum: types }, status: { const: status } } },
            ],
          },
          examples: shown(Object.fromEntries(kinds.map((kind) => [kind, problem(kind)]))),
        },
        ...(gateway && {
          'application/json': {
            schema: this.shapes.ref(gatewayAnswerSchema, 'output'),
            examples: shown({ gateway: { message: gateway } }),
          },
        }),
      },
    };
    return { $ref: `#/components/responses/${name}` };
  }

  components(): JsonObject {
    return {
      schemas: this.shapes.components(),
      responses: sortedByKey(this.problems),
      headers: {
        RequestId: {
          description: 'Names the request, here and in the log. On every answer of ours.',
          schema: { type: 'string' },
        },
        RetryAfter: {
          description: 'Seconds to wait before the same request is sent again, with jitter.',
          schema: { type: 'integer', minimum: 1 },
        },
      },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `A token of the configured OIDC issuer: \`sub\` is the CPM User, \`scope\` what the caller may do. ${scopeWords}`,
        },
      },
    };
  }
}

const scopeWords = Object.entries(OAUTH_SCOPES)
  .map(([name, words]) => `\`${name}\`: ${words}.`)
  .join(' ');

const shown = (examples: Examples): JsonObject =>
  Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));

const headersOf = (status: number): JsonObject => ({
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
  ...(COMES_BACK.has(status) && { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }),
});

const pascalCase = (kind: string): string =>
  kind.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
