import { setMaxListeners } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openDataFolder } from './data-folder.js';
import { buildDatabase } from './dynamodb/build-database.js';
import { Faults } from './faults.js';
import { ISSUER_PATH, SOCKET_PATH, startGateway } from './gateway.js';
import { buildHttpApi } from './http/build-http-api.js';
import { DevelopmentIssuer } from './issuer/development-issuer.js';
import { signingKey } from './issuer/signing-key.js';
import { openFunctionLog } from './lambda/function-log.js';
import { functionSettings } from './lambda/function-settings.js';
import { Functions } from './lambda/functions.js';
import type { LocalCloud, LocalCloudOptions } from './local-cloud-options.js';
import { Checkpoints } from './mappings/checkpoints.js';
import { startMapping } from './mappings/mappings.js';
import { LocalCloudProblem } from './problem.js';
import { buildSecrets } from './secrets/build-secrets.js';
import { secretsService } from './secrets/secrets-service.js';
import { startServicesServer } from './services/services-server.js';
import { buildQueues } from './sqs/build-queues.js';
import { sqsService } from './sqs/sqs-service.js';
import { audienceOf, issuersOf, urlRewriter } from './template/local-urls.js';
import { LOCAL_ACCOUNT, LOCAL_REGION, type Place } from './template/place.js';
import { resolveStack, type Stack, stackNameOf } from './template/stack.js';
import { readTemplate } from './template/template-file.js';
import { Undo } from './undo.js';
import { buildWebSocketApi } from './web-socket/build-web-socket-api.js';
import { API_GATEWAY_LIMITS } from './web-socket/connection.js';
import { connectionsService } from './web-socket/connections-service.js';

const DEFAULT_WORKERS = 3;
const DEFAULT_FAILED_MESSAGE_RETRY_MS = 1000;

/**
 * Starts everything that a synthesized template describes, on 127.0.0.1.
 * @throws LocalCloudProblem when the cloud cannot start; nothing is left running then.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const undo = new Undo();
  try {
    return await start(options, undo);
  } catch (error) {
    await undo.all();
    throw error;
  }
}

async function start(options: LocalCloudOptions, undo: Undo): Promise<LocalCloud> {
  const log = options.log ?? (() => {});
  const templateFile = options.templateFile ?? templateIn(options.outDir ?? 'cdk.out');
  const template = readTemplate(templateFile);
  const folder = options.dataDir === undefined ? undefined : await openDataFolder(options.dataDir);
  undo.later(() => folder?.release());

  // Ports first: the resolved template contains their numbers.
  const gateway = await startGateway(options.port);
  undo.later(() => gateway.stop());
  const services = await startServicesServer();
  undo.later(() => services.stop());
  const url = `http://127.0.0.1:${gateway.port}`;
  const socketUrl = `ws://127.0.0.1:${gateway.port}${SOCKET_PATH}`;
  const issuerUrl = url + ISSUER_PATH;
  const stackName = stackNameOf(templateFile);
  const place = { stackName, region: LOCAL_REGION, account: LOCAL_ACCOUNT, servicesUrl: services.url };
  const onAws = resolveStack(template, place, (text) => text);
  const urls = { http: url, socket: socketUrl, services: services.url, issuer: issuerUrl };
  const stack = resolveStack(template, place, urlRewriter(onAws, place, urls));
  logReplacedIssuers(onAws, issuerUrl, log);

  const issuer = new DevelopmentIssuer(issuerUrl, await signingKey(folder), audienceOf(stack));
  const faults = options.faults ?? new Faults();
  const queues = buildQueues(stack, folder, faults);
  undo.later(() => queues.stop());
  services.use(sqsService(queues));
  services.use(secretsService(buildSecrets(stack, folder)));
  const stored = { endpoint: options.dynamodbEndpoint, dbPath: folder?.path('dynamodb'), log };
  const database = await buildDatabase(stack, place, stored, undo);

  const checkpoints = new Checkpoints(folder);
  undo.later(() => checkpoints.save());
  const running: Promise<void>[] = []; // each ends when the cloud stops
  undo.later(() => Promise.all(running));
  const functions = startFunctions(
    stack,
    place,
    dirname(templateFile),
    database?.endpoint,
    { ...options, faults },
    undo,
  );
  const webSocket = buildWebSocketApi(
    stack,
    place,
    functions,
    options.connectionLimits ?? API_GATEWAY_LIMITS,
  );
  if (webSocket) services.useRest(connectionsService(webSocket));
  undo.later(() => webSocket?.stop());
  const { moreRoutes } = options;
  const queueDepths = () => queues.depths;
  gateway.serve({
    http: buildHttpApi(stack, place, functions, issuer),
    webSocket,
    issuer,
    functions,
    moreRoutes: moreRoutes && ((req, path) => moreRoutes({ socketUrl, queueDepths }, req, path)),
    log,
  });

  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // every reader listens to it
  const around = {
    place,
    functions,
    queues,
    database,
    checkpoints,
    failedMessageRetryMs: options.failedMessageRetryMs ?? DEFAULT_FAILED_MESSAGE_RETRY_MS,
    faults,
    log,
  };
  undo.later(() => {
    gateway.serve(undefined);
    stopping.abort();
  });
  for (const mapping of stack.resources('AWS::Lambda::EventSourceMapping')) {
    const { ended } = await startMapping(mapping, around, stopping.signal);
    running.push(ended);
  }
  if (database) running.push(database.runTimeToLive(stopping.signal));

  return {
    url,
    socketUrl,
    issuer: issuerUrl,
    dynamodbEndpoint: database?.endpoint,
    servicesUrl: services.url,
    outputs: stack.outputs,
    tables: database?.tables ?? {},
    functions: functions.names,
    token: (sub, scope) => issuer.token(sub, scope),
    invoke: (name, event) => functions.pool(name).invoke(event),
    queueDepths,
    faults,
    chaos: {
      terminateWorker: (name) => functions.terminateWorker(name),
      dropConnections: () => webSocket?.dropAll(),
    },
    stop: () => undo.all(),
  };
}

function startFunctions(
  stack: Stack,
  place: Place,
  outDir: string,
  dynamodbEndpoint: string | undefined,
  options: LocalCloudOptions & { readonly faults: Faults },
  undo: Undo,
): Functions {
  const workersPerFunction = options.workersPerFunction ?? DEFAULT_WORKERS;
  const around = { place, outDir, dynamodbEndpoint, workersPerFunction };
  const settings = stack.resources('AWS::Lambda::Function').map((it) => functionSettings(it, around));
  const log = openFunctionLog(options.functionLogFile, options.onFunctionLine);
  undo.later(() => log.close());
  const functions = new Functions(settings, (name, line) => log.write(name, line), options.faults);
  undo.later(() => functions.stop());
  return functions;
}

function templateIn(outDir: string): string {
  const names = existsSync(outDir)
    ? readdirSync(outDir).filter((name) => name.endsWith('.template.json'))
    : [];
  const [name, second] = names;
  if (name && !second) return join(outDir, name);
  throw new LocalCloudProblem(
    name
      ? `${outDir} must have exactly one template, got ${names.join(', ')}: choose one with --template`
      : `There is no template in ${outDir}: synthesize the app first`,
  );
}

/** Logs each issuer other than Cognito that the template trusts: its tokens are not valid here. */
function logReplacedIssuers(stack: Stack, issuerUrl: string, log: (line: string) => void) {
  const foreign = new Set(issuersOf(stack).filter((issuer) => !/^https:\/\/cognito-idp\./.test(issuer)));
  for (const issuer of foreign) {
    log(`The template trusts the issuer ${issuer}; the local cloud uses ${issuerUrl} instead.`);
  }
}
