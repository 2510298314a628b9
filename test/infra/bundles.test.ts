import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { synthesize } from '../../scripts/synthesize.js';
import { OWN_ISSUER, type Resource } from './stack.js';

const BUNDLE_MAX_BYTES = 400 * 1024;
interface Loaded {
  readonly handler?: string;
  readonly routes?: [route: string, scope: string][];
  readonly error?: string;
}

let outDir: string;
let resources: Record<string, Resource>;

beforeAll(async () => {
  outDir = mkdtempSync(join(tmpdir(), 'cpm-sync-bundles-'));
  const { templateFile } = await synthesize({ outDir, context: OWN_ISSUER });
  resources = JSON.parse(readFileSync(templateFile, 'utf8')).Resources;
}, 60_000);
afterAll(() => rmSync(outDir, { recursive: true, force: true }));

const ofType = (type: string) => Object.values(resources).filter(({ Type }) => Type === type);
const functions = () =>
  ofType('AWS::Lambda::Function').map(({ Properties }) => {
    const { S3Key } = Properties.Code as { S3Key: string };
    const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
    return {
      name: String(Variables.SERVICE_NAME),
      file: join(outDir, `asset.${S3Key.replace('.zip', '')}`, 'index.mjs'),
      variables: Object.keys(Variables),
    };
  });

/** Loads a bundle as Lambda does, with its own variables and no other. */
function load(file: string, variables: readonly string[]): Promise<Loaded> {
  const env = Object.fromEntries(
    variables.map((name) => [name, name.endsWith('URL') ? 'https://example.com/v1' : '5']),
  );
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData).then(
      ({ handler, routes = {} }) => parentPort.postMessage({
        handler: typeof handler,
        routes: Object.entries(routes).map(([route, { scope }]) => [route, scope]),
      }),
      (error) => parentPort.postMessage({ error: error.message }),
    );`;
  const worker = new Worker(code, {
    eval: true,
    workerData: file,
    env: { ...env, AWS_REGION: 'eu-central-1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  });
  return new Promise((settle, fail) => {
    worker.once('message', (message: Loaded) => void worker.terminate().then(() => settle(message)));
    worker.once('error', fail);
  });
}

test('each function is one small file', () => {
  const sizes = functions().map(({ name, file }) => ({ name, bytes: statSync(file).size }));
  expect(sizes).toHaveLength(14);
  expect(sizes.filter(({ bytes }) => bytes > BUNDLE_MAX_BYTES)).toEqual([]);
});

test('each function has code of its own', () => {
  expect(new Set(functions().map(({ file }) => file)).size).toBe(14);
});

test('each bundle starts with the variables that the template gives it, and with not one less', async () => {
  for (const { name, file, variables } of functions()) {
    expect([name, await load(file, variables)]).toEqual([
      name,
      expect.objectContaining({ handler: 'function' }),
    ]);
    const needed = variables.filter(
      (variable) => !/^(SERVICE_NAME|LOG_LEVEL|METRICS_NAMESPACE|NODE_OPTIONS)$/.test(variable),
    );
    const without = (missing: string) => variables.filter((variable) => variable !== missing);
    const errors = await Promise.all(
      needed.map(async (missing) => (await load(file, without(missing))).error),
    );
    expect([name, errors]).toEqual([
      name,
      needed.map((missing) => expect.stringContaining(`${missing} is not set`)),
    ]);
  }
}, 60_000);

test('the routes of the handlers are those of the HTTP API, with the same scopes', async () => {
  const loaded = await Promise.all(functions().map(({ file, variables }) => load(file, variables)));
  const inTemplate = ofType('AWS::ApiGatewayV2::Route').flatMap(({ Properties }) =>
    Properties.AuthorizationType === 'JWT'
      ? [[Properties.RouteKey, (Properties.AuthorizationScopes as string[])[0]]]
      : [],
  );
  expect(loaded.flatMap(({ routes = [] }) => routes).sort()).toEqual(inTemplate.sort());
}, 60_000);

test('sam local invoke finds each function by its name, and its code beside the template', () => {
  const found = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Function');
  for (const [id, resource] of found) {
    const { Metadata } = resource as Resource & { Metadata: Record<string, string> };
    expect(id).toMatch(/^[A-Za-z]+Function$/);
    expect(Metadata['aws:cdk:path']).toBe(`CpmSync/Functions/${id}/Resource`);
    expect(Metadata['aws:asset:property']).toBe('Code');
    expect(statSync(join(outDir, String(Metadata['aws:asset:path']), 'index.mjs')).size).toBeGreaterThan(0);
  }
  expect(found.length).toBeGreaterThan(0);
});
