import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod/mini';
import { SyncProblem } from '../../core/model/sync-problem.js';
import { retryAfterSeconds } from '../../functions/runtime/http/problem-document.js';
import * as frames from '../../protocol/frames.js';
import { operationSchemas, parseOperation } from '../../protocol/operation.js';
import { PROBLEMS, type ProblemKind, problemKindOf, problemSchema } from '../../protocol/problem.js';
import { ROUTE_SCHEMAS, type RouteSchemas } from '../../protocol/route-schemas.js';
import { PATH_PARTS, pathPartsOf, ROUTES, type RouteKey } from '../../protocol/routes.js';
import { COMPONENTS, nameOf } from '../../scripts/docs/components.js';
import { documents } from '../../scripts/docs/documents.js';
import { type Json, type JsonObject, refsIn } from '../../scripts/docs/json.js';
import { withRoutes } from '../../scripts/docs/readme.js';
import { ABOUT, describedMembers } from '../../scripts/docs/words.js';

interface Operation extends JsonObject {
  operationId: string;
  security: { token: string[] }[];
  parameters?: { name: string; in: string; required: boolean; example: Json }[];
  responses: Record<string, JsonObject>;
}

const FILES = ['openapi.json', 'asyncapi.json'];
const written = (name: string): string => readFileSync(join(__dirname, '..', '..', 'docs', name), 'utf8');
const [openApi, asyncApi] = FILES.map((name) => JSON.parse(written(name)) as JsonObject) as [
  JsonObject,
  JsonObject,
];

const OPERATIONS = Object.entries(openApi.paths as Record<string, Record<string, Operation>>).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
);

/** The value at a JSON pointer in a fragment. */
const resolve = (document: Json, ref: string): Json | undefined =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Json | undefined>((at, part) => (at as JsonObject | undefined)?.[part], document);

const schemaOf = (ref: string): z.ZodMiniType => {
  const schema = COMPONENTS[ref.replace('#/components/schemas/', '')];
  if (!schema) throw new Error(`no schema for ${ref}`);
  return schema;
};

/** Every place of a document that has a schema beside examples. */
function exampled(value: Json | undefined): { schema: JsonObject; examples: Json[] }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap((member) => exampled(member as Json));
  const { schema, examples } = value as { schema?: JsonObject; examples?: Record<string, { value: Json }> };
  if (!schema || !examples) return inner;
  return [...inner, { schema, examples: Object.values(examples).map((example) => example.value) }];
}

const operationsIn = (value: Json): Json[] => ((value as JsonObject).operations ?? []) as Json[];
const expectOperations = (value: Json) =>
  expect(
    operationsIn(value)
      .map(parseOperation)
      .filter(({ ok }) => !ok),
  ).toEqual([]);

describe('the documents', () => {
  test.each(FILES)('[TR6] docs/%s is what npm run docs makes of the schemas', (name) => {
    const fresh = documents()[name] as string;
    expect(JSON.parse(written(name))).toEqual(JSON.parse(fresh));
    expect(written(name) === fresh).toBe(true);
  });

  test('README.md has the routes of the table', () => {
    const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');
    expect(withRoutes(readme) === readme).toBe(true);
  });

  test('[AU3] RULES.md has the scope of each route', () => {
    const rules = readFileSync(join(__dirname, '..', '..', 'protocol', 'RULES.md'), 'utf8');
    const scopes = [...rules.matchAll(/^ *\| `(cpm\/\w+)` \|[^|]*\|([^|]*)\|$/gm)].flatMap(
      ([, scope, list = '']) =>
        [...list.matchAll(/`([^`…]+)(…?)`/g)].map(([, path = '', more]) => ({
          scope,
          path,
          isPrefix: more !== '',
        })),
    );
    const scopesOf = (path: string) =>
      scopes.filter((each) => (each.isPrefix ? path.startsWith(each.path) : path === each.path));
    const found = Object.keys(ROUTES).map((key) => [
      key,
      scopesOf(key.split(' ')[1] ?? '').map(({ scope }) => scope),
    ]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(ROUTES).map(([key, { scope }]) => [key, [scope]])),
    );
  });

  test.each([
    ['openapi.json', openApi],
    ['asyncapi.json', asyncApi],
  ])('every $ref in docs/%s leads somewhere', (_, document) => {
    const refs = [...new Set(refsIn(document))];
    expect(refs.length).toBeGreaterThan(20);
    expect(refs.filter((ref) => !ref.startsWith('#/') || resolve(document, ref) === undefined)).toEqual([]);
  });

  test('every schema is described, and what is described is there', () => {
    const described = Object.keys(COMPONENTS).filter((name) => name !== 'HistoryQuery');
    expect(Object.keys(ABOUT).sort()).toEqual(described.sort());
    const unknown = describedMembers().filter(([component, member]) => {
      const schema = COMPONENTS[component] as { shape?: object } | undefined;
      return !Object.hasOwn(schema?.shape ?? {}, member);
    });
    expect(unknown).toEqual([]);
  });

  test('each kind of operation has its own schema', () => {
    const { oneOf } = resolve(openApi, '#/components/schemas/Operation') as { oneOf: JsonObject[] };
    const documented = oneOf.map(({ $ref }) => schemaOf(String($ref)));
    expect(new Set(documented)).toEqual(new Set(Object.values(operationSchemas)));
  });

  /** Refinements are restated in the documents; here each side is tried. */
  test.each([
    ['Id', ['a', 'ü📱', 'a b/c', 'x'.repeat(128)], ['', 'a\u0000', 'a\u0085', '\n', 'x'.repeat(129)]],
    ['FolderName', ['Family', 'Ü', 'a b', 'x'.repeat(255)], ['', 'a/b', 'a\tb', '/', 'x'.repeat(256)]],
    [
      'Flag',
      [
        '\\Seen',
        '\\Answered',
        '\\Flagged',
        '\\Draft',
        '\\Deleted',
        '\\read-report-sent',
        '$Forwarded',
        'x[',
        'ü',
      ],
      [
        '',
        '\\seen',
        '\\Recent',
        'a b',
        'a(b',
        'a)',
        '{',
        '}',
        '50%',
        '*',
        '"',
        ']',
        'a\u007f',
        'x'.repeat(129),
      ],
    ],
    [
      'Instant',
      ['2026-01-31T08:15:00Z', '2026-01-31T08:15:00.123456789Z'],
      ['2026-01-31', '2026-01-31T08:15:00', '2026-01-31T08:15:00+00:00', '2026-01-31T08:15:00.Z', ''],
    ],
    ['Uri', ['tel:+15550100', 'sip:a@example.com'], ['+15550100', 'tel:', 'tel:a b', '1:a']],
  ])('%s is documented as it is checked', (name, good, bad) => {
    const {
      pattern,
      minLength = 0,
      maxLength = Infinity,
    } = resolve(openApi, `#/components/schemas/${name}`) as {
      pattern: string;
      minLength?: number;
      maxLength?: number;
    };
    const passes = (text: string) =>
      new RegExp(pattern, 'u').test(text) && text.length >= minLength && text.length <= maxLength;
    const verdicts = (texts: string[]) =>
      texts.map((text) => [text, passes(text), COMPONENTS[name]?.safeParse(text).success]);
    expect(verdicts(good)).toEqual(good.map((text) => [text, true, true]));
    expect(verdicts(bad)).toEqual(bad.map((text) => [text, false, false]));
  });
});

describe('the OpenAPI document', () => {
  test('has the routes of the stack with their scopes, and no other', () => {
    const documented = OPERATIONS.map(([key, { security }]) => [key, security]);
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(Object.entries(ROUTES).map(([key, { scope }]) => [key, [{ token: [scope] }]])),
    );
  });

  test.each(OPERATIONS)('%s has the parameters of its path', (key, { parameters = [] }) => {
    const declared = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
    expect(declared).toEqual([...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    expect(Object.keys(ROUTE_SCHEMAS[key as RouteKey].responses)).not.toEqual([]);
  });

  test('operation ids are unique', () => {
    const ids = OPERATIONS.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('every body in the examples passes its schema, and so do its operations', () => {
    const bodies = exampled(openApi).filter(({ schema }) => '$ref' in schema);
    expect(bodies.length).toBeGreaterThan(20);
    for (const { schema, examples } of bodies) {
      for (const example of examples) {
        const result = schemaOf(String(schema.$ref)).safeParse(example);
        expect([schema.$ref, example, result.error?.issues ?? []]).toEqual([schema.$ref, example, []]);
        expectOperations(example);
      }
    }
  });

  test('every parameter in the examples passes its schema', () => {
    for (const [key, { parameters = [] }] of OPERATIONS) {
      const { query }: RouteSchemas = ROUTE_SCHEMAS[key as RouteKey];
      const exampleOf = (part: string) => parameters.find((each) => each.name === part)?.example;
      for (const part of pathPartsOf(key))
        expect([part, PATH_PARTS[part].safeParse(exampleOf(part)).success]).toEqual([part, true]);
      const inQuery = parameters.filter((each) => each.in === 'query');
      const asked = Object.fromEntries(inQuery.map(({ name, example }) => [name, String(example)]));
      expect(query?.safeParse(asked).success ?? true).toBe(true);
    }
  });

  test('problems stand under their status, each with an example and Retry-After where it is sent', () => {
    const seen = new Set<ProblemKind>();
    for (const [, { responses }] of OPERATIONS) {
      for (const [status, { $ref }] of Object.entries(responses).filter(([code]) => code >= '400')) {
        const { headers, content } = resolve(openApi, String($ref)) as {
          headers: JsonObject;
          content: Record<string, JsonObject>;
        };
        const [problems] = exampled(content['application/problem+json']);
        for (const example of problems?.examples ?? []) {
          const problem = problemSchema.parse(example);
          const kind = problemKindOf(problem) as ProblemKind;
          seen.add(kind);
          expect([kind, PROBLEMS[kind].status, problem.status]).toEqual([
            kind,
            Number(status),
            Number(status),
          ]);
          expect([kind, 'Retry-After' in headers]).toEqual([
            kind,
            retryAfterSeconds(new SyncProblem(kind)) !== undefined,
          ]);
          expect(headers).toHaveProperty('X-Request-Id');
        }
      }
    }
    expect([...seen].sort()).toEqual(Object.keys(PROBLEMS).sort());
  });
});

describe('the AsyncAPI document', () => {
  const messages = resolve(asyncApi, '#/components/messages') as Record<
    string,
    { payload: { $ref: string }; examples: { payload: Json }[] }
  >;

  test('has every frame of the protocol, and no other', () => {
    const all = Object.entries(frames).filter(
      ([name]) => name.endsWith('FrameSchema') && name !== 'serverFrameSchema',
    );
    const names = all.map(([, schema]) => `#/components/schemas/${nameOf(schema as z.ZodMiniType)}`);
    expect(
      Object.values(messages)
        .map(({ payload }) => payload.$ref)
        .sort(),
    ).toEqual(names.sort());
  });

  test('every frame is received or sent in an operation', () => {
    const used = new Set(refsIn(asyncApi.operations).map((ref) => ref.split('/').at(-1)));
    expect(Object.keys(messages).filter((name) => !used.has(name))).toEqual([]);
  });

  test.each(Object.keys(messages))('the examples of %s pass its schema', (name) => {
    const { payload, examples } = messages[name] as (typeof messages)[string];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(schemaOf(payload.$ref).safeParse(example.payload).error?.issues ?? []).toEqual([]);
      expectOperations(example.payload);
    }
  });
});
