import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LocalCloudProblem } from '../problem.js';
import type { FunctionProperties } from '../template/kinds/lambda.js';
import type { Place } from '../template/place.js';
import type { Resource } from '../template/stack.js';

/** The settings of a function for its workers. */
export interface FunctionSettings {
  readonly name: string;
  readonly logicalId: string;
  readonly arn: string;
  readonly moduleFile: string;
  readonly exportName: string;
  readonly timeoutMs: number;
  readonly memorySize: number;
  /** Greatest number of workers. */
  readonly concurrency: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** Credentials without meaning. DynamoDB Local accepts only letters and digits. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'localcloud', secretAccessKey: 'localcloud' } as const;

/** The settings that all functions of a cloud share. */
export interface FunctionContext {
  readonly place: Place;
  /** Folder with the template and its assets. */
  readonly outDir: string;
  readonly dynamodbEndpoint: string | undefined;
  readonly workersPerFunction: number;
}

/** The settings of a function of the stack. @throws LocalCloudProblem when its bundle does not exist. */
export function functionSettings(
  { logicalId, name, arn, properties }: Resource<FunctionProperties>,
  around: FunctionContext,
): FunctionSettings {
  const [path, exportName] = splitHandler(properties.Handler);
  const folder = join(around.outDir, `asset.${properties.Code.S3Key.replace(/\.zip$/, '')}`);
  const moduleFile = ['.mjs', '.cjs', '.js'].map((end) => join(folder, path + end)).find(existsSync);
  if (!moduleFile) {
    throw new LocalCloudProblem(
      `AWS::Lambda::Function "${logicalId}": ${join(folder, path)}.mjs does not exist: synthesize the app again`,
    );
  }
  return {
    name,
    logicalId,
    arn,
    moduleFile,
    exportName,
    timeoutMs: properties.Timeout * 1000,
    memorySize: properties.MemorySize,
    concurrency: Math.min(around.workersPerFunction, properties.ReservedConcurrentExecutions ?? Infinity),
    environment: {
      ...runtimeEnvironment(name, properties, moduleFile, around),
      ...properties.Environment?.Variables,
    },
  };
}

function splitHandler(handler: string): [path: string, exportName: string] {
  const dot = handler.lastIndexOf('.');
  return [handler.slice(0, dot), handler.slice(dot + 1)];
}

/** The environment variables that Lambda sets, with the emulated services as endpoints. */
function runtimeEnvironment(
  name: string,
  { Handler, Runtime, MemorySize }: FunctionProperties,
  moduleFile: string,
  { place, dynamodbEndpoint }: FunctionContext,
): Record<string, string> {
  return {
    AWS_REGION: place.region,
    AWS_DEFAULT_REGION: place.region,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_EXECUTION_ENV: `AWS_Lambda_${Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    ...(dynamodbEndpoint && { AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint }),
    AWS_ENDPOINT_URL_SQS: place.servicesUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: place.servicesUrl,
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: place.servicesUrl,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    LAMBDA_TASK_ROOT: dirname(moduleFile),
    TZ: ':UTC',
    _HANDLER: Handler,
  };
}
