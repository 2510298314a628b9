import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

// The documents as tools read them: by the specifications of OpenAPI 3.1, AsyncAPI 3 and JSON Schema, not by our schemas.

// biome-ignore lint/suspicious/noExplicitAny: documents of any shape, looked at member by member
type Any = any;
const read = (name: string): Any => JSON.parse(readFileSync(join(__dirname, '../../docs', name), 'utf8'));
const openApi = read('openapi.json');
const asyncApi = read('asyncapi.json');

const at = (document: Any, ref: string): Any =>
  ref
    .slice(2)
    .split('/')
    .reduce((inner, part) => inner?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
const resolved = (document: Any, value: Any): Any => (value?.$ref ? at(document, value.$ref) : value);

/** For a schema of the document, with the others in reach: what is wrong with a value. */
function validators(document: Any, ajv: Ajv | Ajv2020) {
  const local = (schema: Any) =>
    JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', 'document#/definitions/'));
  ajv.addSchema({ $id: 'document', definitions: local(document.components.schemas) });
  return (schema: Any) => {
    const validate = ajv.compile(local(schema));
    return (value: Any) => (validate(value) ? [] : (validate.errors ?? []));
  };
}
const formats = { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) };
const strict = { formats, strict: true, strictRequired: false, strictTypes: false, allErrors: true };
const ofOpenApi = validators(openApi, new Ajv2020(strict).addKeyword('discriminator')); // a word of OpenAPI
const ofAsyncApi = validators(asyncApi, new Ajv(strict));

const members = (value: object, allowed: string): string[] =>
  Object.keys(value).filter((name) => !allowed.split(' ').includes(name));

const operations: [string, Any][] = Object.entries<Any>(openApi.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]): [string, Any] => [`${method} ${path}`, operation]),
);

describe('the OpenAPI document', () => {
  test('is of version 3.1, and has what that asks of it and nothing else', () => {
    expect(openApi.openapi).toMatch(/^3\.1\.\d$/);
    expect(openApi.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    expect(members(openApi, 'openapi info servers tags paths components')).toEqual([]);
    for (const { url, variables = {} } of openApi.servers) {
      const named = [...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys(variables).sort()).toEqual(named.sort());
    }
    for (const names of Object.values<object>(openApi.components)) {
      for (const name of Object.keys(names)) expect(name).toMatch(/^[\w.-]+$/);
    }
  });

  test.each(operations)(
    '%s is an operation with parameters, bodies and responses as 3.1 has them',
    (key, operation) => {
      expect(key).toMatch(/^(get|put|post|delete) \/v1\//);
      expect(
        members(operation, 'operationId summary description tags security parameters requestBody responses'),
      ).toEqual([]);
      expect(operation.operationId).toMatch(/^[a-z]\w+$/);
      const tags = openApi.tags.map(({ name }: { name: string }) => name);
      for (const tag of operation.tags) expect(tags).toContain(tag);
      for (const [scheme] of operation.security.flatMap((each: object) => Object.entries(each))) {
        expect(openApi.components.securitySchemes[scheme]).toMatchObject({ type: expect.any(String) });
      }
      const inPath = [...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = operation.parameters ?? [];
      expect(parameters.filter((each: Any) => each.in === 'path').map(({ name }: Any) => name)).toEqual(
        inPath,
      );
      for (const parameter of parameters) {
        expect(members(parameter, 'name in required description schema example')).toEqual([]);
        if (parameter.in === 'path') expect(parameter.required).toBe(true);
        const faultsOf = ofOpenApi(parameter.schema);
        expect([parameter.name, faultsOf(parameter.example)]).toEqual([parameter.name, []]);
      }
      const statuses = Object.entries<Any>(operation.responses);
      expect(statuses.length).toBeGreaterThan(0);
      for (const [status, response] of statuses) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        const { description, headers = {}, content = {}, ...rest } = resolved(openApi, response);
        expect([typeof description, Object.keys(rest)]).toEqual(['string', []]);
        for (const header of Object.values<Any>(headers)) {
          expect(resolved(openApi, header)).toMatchObject({ schema: expect.any(Object) });
        }
        for (const type of Object.keys(content)) expect(type).toMatch(/^application\/(problem\+)?json$/);
      }
    },
  );

  const bodies = operations.flatMap(([key, { requestBody, responses }]) =>
    [
      ...(requestBody ? [['request', requestBody]] : []),
      ...Object.entries<Any>(responses).map(([status, each]) => [status, resolved(openApi, each)]),
    ].flatMap(([what, { content = {} }]) =>
      Object.values<Any>(content).map((each): [string, Any] => [`${key} ${what}`, each]),
    ),
  );

  test('every body has a schema that compiles, and examples that are valid by it', () => {
    expect(bodies.length).toBeGreaterThan(60);
    for (const [where, { schema, examples }] of bodies) {
      const faultsOf = ofOpenApi(schema);
      expect([where, Object.keys(examples).length > 0]).toEqual([where, true]);
      for (const { value } of Object.values<Any>(examples)) {
        expect([where, faultsOf(value)]).toEqual([where, []]);
      }
    }
  });

  test('a request with a member that is not known, or without one that has to be there, is not valid', () => {
    const requests = bodies.filter(([where]) => where.endsWith('request'));
    for (const [where, { schema, examples }] of requests) {
      const faultsOf = ofOpenApi(schema);
      for (const { value } of Object.values<Any>(examples)) {
        expect([where, faultsOf({ ...value, colour: 'red' })]).not.toEqual([where, []]);
      }
      for (const name of resolved(openApi, schema).required ?? []) {
        const { [name]: _, ...without } = Object.values<Any>(examples)[0].value;
        expect([where, name, faultsOf(without)]).not.toEqual([where, name, []]);
      }
    }
    expect(requests.length).toBeGreaterThan(4);
  });

  test('each kind of operation is refused with a member that is not known', () => {
    const isOf = Object.entries<Any>(openApi.components.schemas).filter(([name]) =>
      /^(Create|Modify|Delete)/.test(name),
    );
    expect(isOf).toHaveLength(13);
    const examples: Any[] = bodies.flatMap(([, { examples: all }]) =>
      Object.values<Any>(all).flatMap(({ value }) => value.operations ?? []),
    );
    const kinds = new Set<string>();
    for (const [name, schema] of isOf) {
      const faultsOf = ofOpenApi(schema);
      for (const example of examples) {
        if (faultsOf(example).length > 0) continue;
        kinds.add(name);
        expect([name, faultsOf({ ...example, colour: 'red' })]).not.toEqual([name, []]);
      }
    }
    expect(kinds.size).toBeGreaterThanOrEqual(4);
  });
});

describe('the AsyncAPI document', () => {
  test('is of version 3, and has what that asks of it and nothing else', () => {
    expect(asyncApi.asyncapi).toBe('3.0.0');
    expect(asyncApi.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    expect(
      members(asyncApi, 'asyncapi info defaultContentType servers channels operations components'),
    ).toEqual([]);
    for (const server of Object.values<Any>(asyncApi.servers)) {
      expect(server).toMatchObject({ host: expect.any(String), protocol: expect.stringMatching(/^wss?$/) });
      expect(members(server, 'host pathname protocol description variables security')).toEqual([]);
      for (const scheme of server.security) expect(resolved(asyncApi, scheme)).toHaveProperty('type');
    }
    for (const channel of Object.values<Any>(asyncApi.channels)) {
      expect(members(channel, 'address title description messages bindings')).toEqual([]);
      for (const message of Object.values(channel.messages)) {
        expect(resolved(asyncApi, message)).toHaveProperty('payload');
      }
    }
  });

  test('each operation sends or receives messages of its channel', () => {
    const operations = Object.values<Any>(asyncApi.operations);
    expect(operations.length).toBeGreaterThan(0);
    for (const { action, channel, messages, reply, ...rest } of operations) {
      expect(['send', 'receive']).toContain(action);
      expect(members(rest, 'title summary description')).toEqual([]);
      const all = [{ channel, messages }, ...(reply ? [reply] : [])];
      for (const each of all) {
        expect(resolved(asyncApi, each.channel)).toHaveProperty('messages');
        for (const { $ref } of each.messages) {
          expect($ref.startsWith(`${each.channel.$ref}/messages/`)).toBe(true);
          expect(at(asyncApi, $ref)).toBeDefined();
        }
      }
    }
  });

  test.each(Object.entries<Any>(asyncApi.components.messages))(
    'the message %s has a payload schema that compiles, and examples that are valid by it',
    (_, { payload, examples, ...rest }) => {
      expect(members(rest, 'name title summary description contentType correlationId')).toEqual([]);
      const faultsOf = ofAsyncApi(payload);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        expect(members(example, 'name summary payload')).toEqual([]);
        expect(faultsOf(example.payload)).toEqual([]);
      }
    },
  );

  test.each(['sync', 'ping'])('a %s frame with a member that is not known is not valid', (name) => {
    const { payload, examples } = asyncApi.components.messages[name];
    const faultsOf = ofAsyncApi(payload);
    expect(faultsOf({ ...examples[0].payload, colour: 'red' })).not.toEqual([]);
  });
});
