// Runs one Lambda function in a worker thread, one invocation at a time. Plain JavaScript: the thread has no loader.
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

const { moduleFile, exportName, functionName, functionArn, memorySize } = workerData;

const described = (error) => ({
  errorType: error?.name ?? typeof error,
  errorMessage: error?.message ?? String(error),
  trace: String(error?.stack ?? error).split('\n'),
});

const load = async () => {
  const loaded = await import(pathToFileURL(moduleFile).href);
  const handler = loaded[exportName] ?? loaded.default?.[exportName];
  if (typeof handler === 'function') return handler;
  throw Object.assign(new Error(`${moduleFile} exports no function ${exportName}`), {
    name: 'Runtime.HandlerNotFound',
  });
};

const contextOf = ({ requestId, deadlineMs }) => ({
  awsRequestId: requestId,
  callbackWaitsForEmptyEventLoop: true,
  functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: functionArn,
  memoryLimitInMB: String(memorySize),
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
});

try {
  const handler = await load();
  parentPort.on('message', async (invocation) => {
    const { requestId } = invocation;
    try {
      const result = await handler(JSON.parse(invocation.event), contextOf(invocation));
      parentPort.postMessage({ type: 'result', requestId, result: JSON.stringify(result) ?? 'null' });
    } catch (error) {
      parentPort.postMessage({ type: 'error', requestId, error: described(error) });
    }
  });
  parentPort.postMessage({ type: 'ready' });
} catch (error) {
  parentPort.postMessage({ type: 'initFailed', error: described(error) });
}
