import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { dynamodbLocalPackage, launcherSource } from '../paths.js';
import { codeOf, LocalCloudProblem } from '../problem.js';

const run = promisify(execFile);

const LEAST_JAVA = 17;
const LAUNCHER = 'LoopbackDynamoDb';

/** How to start DynamoDB Local. */
export interface JavaCommand {
  /** Arguments of `java` before those of DynamoDB Local. */
  readonly args: readonly string[];
  /** Whether DynamoDB Local listens on 127.0.0.1 only. */
  readonly loopbackOnly: boolean;
}

/** Finds Java and DynamoDB Local. @throws LocalCloudProblem when Java is missing or too old. */
export async function javaCommand(env: NodeJS.ProcessEnv = process.env): Promise<JavaCommand> {
  const version = await javaVersion(env);
  if (version < LEAST_JAVA) {
    throw new LocalCloudProblem(`${noJava}; the one on the PATH is Java ${version}`);
  }
  const home = jarFolder();
  const jar = join(home, 'DynamoDBLocal.jar');
  const options = ['-XX:TieredStopAtLevel=1', `-Djava.library.path=${join(home, 'DynamoDBLocal_lib')}`];
  const classes = await compiledLauncher(jar);
  return classes
    ? { args: [...options, '-cp', [jar, classes].join(delimiter), LAUNCHER], loopbackOnly: true }
    : { args: [...options, '-jar', jar], loopbackOnly: false };
}

const noJava = `DynamoDB Local needs Java ${LEAST_JAVA} or later: install it, or use another DynamoDB with --dynamodb-endpoint URL`;

async function javaVersion(env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { stdout, stderr } = await run('java', ['-version'], { env });
    // Java 17 prints version "17.0.15", Java 8 prints "1.8.0_402".
    const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(stderr + stdout) ?? [];
    return Number(first === '1' ? second : first) || 0;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new LocalCloudProblem(`${noJava}; there is no java on the PATH`);
    throw new LocalCloudProblem(`${noJava}; java -version fails`);
  }
}

function jarFolder(): string {
  const lib = join(dynamodbLocalPackage(), 'lib');
  const folder = readdirSync(lib).find((name) => existsSync(join(lib, name, 'DynamoDBLocal.jar')));
  if (!folder) throw new LocalCloudProblem(`There is no DynamoDBLocal.jar in ${lib}: run npm ci`);
  return join(lib, folder);
}

/** The folder with the compiled launcher, compiled once. Undefined where Java has no compiler. */
async function compiledLauncher(jar: string): Promise<string | undefined> {
  const cache = join(dynamodbLocalPackage(), '..', '.cache', 'local-cloud');
  const classes = join(cache, basename(dirname(jar)));
  if (existsSync(join(classes, `${LAUNCHER}.class`))) return classes;
  try {
    mkdirSync(cache, { recursive: true });
    const made = mkdtempSync(join(cache, 'launcher-'));
    await run('javac', [
      '--release',
      String(LEAST_JAVA),
      '-proc:none',
      '-d',
      made,
      '-cp',
      jar,
      launcherSource,
    ]);
    try {
      renameSync(made, classes);
    } catch {
      rmSync(made, { recursive: true, force: true }); // another process has compiled it meanwhile
    }
    return classes;
  } catch {
    return undefined;
  }
}
