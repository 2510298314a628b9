import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Faults } from '../src/faults.js';
import { FunctionPool } from '../src/lambda/function-pool.js';
import { functionSettings } from '../src/lambda/function-settings.js';
import { LocalCloudProblem } from '../src/problem.js';
import { lambdaKinds } from '../src/template/kinds/lambda.js';
import { aFunction, removeFolders, writeStack } from './support/stack.js';

const PLACE = {
  stackName: 'Test',
  region: 'us-east-1',
  account: '000000000000',
  servicesUrl: 'http://127.0.0.1:4000',
};

const pools: FunctionPool[] = [];
const lines: string[] = [];

/** A function with this code. */
function poolOf(
  code: string,
  properties: Record<string, unknown> = {},
  workersPerFunction = 2,
  faults = new Faults(),
): FunctionPool {
  const outDir = writeStack({ resources: {}, code: { Work: code } });
  const resource = {
    logicalId: 'Work',
    name: 'Test-Work',
    ref: 'Test-Work',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:Test-Work',
    properties: lambdaKinds['AWS::Lambda::Function'].properties.parse(
      aFunction('Work', properties).Properties,
    ),
  };
  const dynamodbEndpoint = 'http://127.0.0.1:8000';
  const settings = functionSettings(resource, { place: PLACE, outDir, dynamodbEndpoint, workersPerFunction });
  const pool = new FunctionPool(settings, (name, line) => lines.push(`${name} ${line}`), faults);
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
  lines.length = 0;
});
afterAll(removeFolders);

test('a handler gets the event and its context, and its result comes back as JSON', async () => {
  const pool = poolOf(
    `export const handler = async (event, context) => ({
      event, gone: undefined, when: new Date(0), name: context.functionName, memory: context.memoryLimitInMB,
      arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis(), id: context.awsRequestId });`,
    { MemorySize: 256 },
  );
  const result = (await pool.invoke({ a: [1, 'é'] })) as Record<string, unknown>;
  expect(result).toMatchObject({
    event: { a: [1, 'é'] },
    when: '1970-01-01T00:00:00.000Z',
    name: 'Test-Work',
    memory: '256',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:Test-Work',
  });
  expect(result).not.toHaveProperty('gone');
  expect(result.left).toBeGreaterThan(5000);
  expect(result.id).toMatch(/^[0-9a-f-]{36}$/);
});

test('a handler need not be async, and may have no result', async () => {
  expect(await poolOf('export const handler = (event) => event.n + 1;').invoke({ n: 1 })).toBe(2);
  expect(await poolOf('export const handler = () => {};').invoke({})).toBeNull();
});

test('the environment is that of the template and of Lambda, and private to the function', async () => {
  const pool = poolOf('export const handler = () => { process.env.TRACE = "1"; return process.env; };', {
    Environment: { Variables: { TABLE: 'store' } },
  });
  const environment = (await pool.invoke({})) as Record<string, string>;
  expect(environment).toMatchObject({
    TABLE: 'store',
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'Test-Work',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:8000',
    AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:4000',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:4000',
  });
  expect(environment).not.toHaveProperty('PATH');
  expect(process.env.TRACE).toBeUndefined();
});

test('an error of a handler is reported by type and message, and the worker stays', async () => {
  const pool = poolOf(`let calls = 0;
    export const handler = async ({ fail }) => { calls++; if (fail) throw new RangeError('too far'); return calls; };`);
  await expect(pool.invoke({ fail: true })).rejects.toMatchObject({
    errorType: 'RangeError',
    errorMessage: 'too far',
  });
  expect(await pool.invoke({})).toBe(2);
});

test.each([
  ['that is not a module', 'export const handler = ;', 'SyntaxError'],
  ['that fails to load', 'throw new TypeError("at once");', 'TypeError'],
  ['without the handler', 'export const other = 1;', 'Runtime.HandlerNotFound'],
  ['that calls process.exit', 'export const handler = () => process.exit(3);', 'Runtime.ExitError'],
  [
    'that throws outside its handler',
    `export const handler = () => new Promise(() => { setTimeout(() => { throw new RangeError('lost'); }, 1); });`,
    'RangeError',
  ],
  ['whose result is no JSON', 'export const handler = () => 10n;', 'TypeError'],
])('code %s fails its invocation', async (_what, code, errorType) => {
  await expect(poolOf(code).invoke({})).rejects.toMatchObject({ errorType });
});

test('an invocation fails after its timeout, even one that never yields; the next one gets a new worker', async () => {
  const pool = poolOf('export const handler = ({ loop }) => { while (loop); return "ok"; };', { Timeout: 1 });
  const begun = Date.now();
  await expect(pool.invoke({ loop: true })).rejects.toMatchObject({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/),
  });
  expect(Date.now() - begun).toBeLessThan(3000);
  expect(await pool.invoke({ loop: false })).toBe('ok');
});

test('an invocation fails when its worker is ended, and the next one succeeds', async () => {
  const pool = poolOf(
    'export const handler = ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, "done"));',
  );
  await pool.invoke({ ms: 1 });
  const doomed = pool.invoke({ ms: 5000 });
  const failure = expect(doomed).rejects.toMatchObject({ errorType: 'Runtime.ExitError' });
  await delay(50);
  expect(await pool.terminateWorker()).toBe(true);
  await failure;
  expect(await pool.invoke({ ms: 1 })).toBe('done');
});

test('faults end workers during invocations at the given rate, and in the same order for the same seed', async () => {
  const outcomes = async (seed: number) => {
    const faults = new Faults(seed);
    const pool = poolOf(
      'export const handler = () => new Promise((resolve) => setTimeout(resolve, 150, "done"));',
      {},
      1,
      faults,
    );
    faults.rates.kill = 0.5;
    const results: string[] = [];
    for (let i = 0; i < 8; i++) {
      results.push(String(await pool.invoke({}).catch(({ errorType }) => errorType)));
    }
    const killed = results.filter((result) => result === 'Runtime.ExitError').length;
    expect(faults.counts.killed).toEqual({ 'Test-Work': killed });
    faults.rates.kill = 0;
    expect(await pool.invoke({})).toBe('done');
    return results;
  };
  const first = await outcomes(7);
  expect(new Set(first)).toEqual(new Set(['done', 'Runtime.ExitError']));
  expect(await outcomes(7)).toEqual(first);
});

test('a worker runs one invocation at a time, and invocations above the concurrency wait', async () => {
  const code = `import { threadId } from 'node:worker_threads';
    let running = 0;
    export const handler = async () => {
      const others = running++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      running--;
      return { threadId, others };
    };`;
  const runs = async (pool: FunctionPool) =>
    (await Promise.all(Array.from({ length: 8 }, () => pool.invoke({})))) as {
      threadId: number;
      others: number;
    }[];
  const results = await runs(poolOf(code, {}, 2));
  expect(results.map(({ others }) => others)).toEqual(Array(8).fill(0));
  expect(new Set(results.map(({ threadId }) => threadId)).size).toBe(2);
  const reserved = await runs(poolOf(code, { ReservedConcurrentExecutions: 1 }, 4));
  expect(new Set(reserved.map(({ threadId }) => threadId)).size).toBe(1);
});

test('the output of a function is logged line by line with its name', async () => {
  const pool = poolOf(`export const handler = async () => {
    console.log('one\\ntwo'); console.error('three');
    await new Promise((resolve) => setTimeout(resolve, 50));
  };`);
  await pool.invoke({});
  expect([...lines].sort()).toEqual(['Test-Work one', 'Test-Work three', 'Test-Work two']);
});

test('events and results over 6 MB are rejected', async () => {
  const pool = poolOf('export const handler = ({ size }) => "x".repeat(size);');
  const size = 6 * 1024 * 1024;
  await expect(pool.invoke({ size })).rejects.toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' });
  await expect(pool.invoke('x'.repeat(size))).rejects.toMatchObject({
    errorType: 'RequestTooLargeException',
  });
});

test('the error names the function when its bundle does not exist', () => {
  const outDir = writeStack({ resources: {} });
  const properties = lambdaKinds['AWS::Lambda::Function'].properties.parse(aFunction('Work').Properties);
  const resource = { logicalId: 'Work', name: 'Test-Work', ref: '', arn: '', properties };
  const around = { place: PLACE, outDir, dynamodbEndpoint: undefined, workersPerFunction: 1 };
  expect(() => functionSettings(resource, around)).toThrow(
    new LocalCloudProblem(
      `AWS::Lambda::Function "Work": ${join(outDir, 'asset.Work', 'index')}.mjs does not exist: synthesize the app again`,
    ),
  );
});
