import type { IncomingMessage } from 'node:http';
import type { Faults } from './faults.js';
import type { Answer } from './http/answer.js';
import type { ConnectionLimits } from './web-socket/connection.js';

/** Answers a request beside the routes of the template. Undefined: the path belongs to the template. */
export type MoreRoutes = (
  cloud: Pick<LocalCloud, 'socketUrl' | 'queueDepths'>,
  req: IncomingMessage,
  path: string,
) => Promise<Answer | undefined>;

/** How to start a local cloud. */
export interface LocalCloudOptions {
  /** For clients. 0: any free port. */
  readonly port: number;
  /** Folder of a synthesized app with exactly one template. Default: `cdk.out`. */
  readonly outDir?: string | undefined;
  /** Instead of `outDir`: a template, with its assets in the same folder. */
  readonly templateFile?: string | undefined;
  /** Folder for all data. Default: in memory. */
  readonly dataDir?: string | undefined;
  /** URL of a DynamoDB to use instead of starting DynamoDB Local. */
  readonly dynamodbEndpoint?: string | undefined;
  /** Receives a line for each noteworthy event. */
  readonly log?: ((line: string) => void) | undefined;
  /** File for the output of the functions. */
  readonly functionLogFile?: string | undefined;
  /** Receives each line of that output too. */
  readonly onFunctionLine?: ((line: string) => void) | undefined;
  /** Greatest number of concurrent invocations of one function. Default: 3. */
  readonly workersPerFunction?: number | undefined;
  /** Default: those of API Gateway. */
  readonly connectionLimits?: ConnectionLimits | undefined;
  /**
   * Time until a message is visible again after its function failed. Default: 1000. On AWS the message stays hidden
   * until the visibility timeout of the queue ends, which may take minutes.
   */
  readonly failedMessageRetryMs?: number | undefined;
  /** Faults to inject. Default: none. */
  readonly faults?: Faults | undefined;
  /** Asked before the routes of the template. Serves a page for developers, for example. */
  readonly moreRoutes?: MoreRoutes | undefined;
}

/** Faults that a test causes at a moment of its choice. `Faults` causes them at random. */
export interface Chaos {
  /**
   * Ends a worker of the named function, or of any function. Prefers a worker with a running invocation.
   * @returns the name of its function, or undefined when no worker was running.
   */
  terminateWorker(functionName?: string): Promise<string | undefined>;
  /** Breaks every WebSocket connection without a close frame. */
  dropConnections(): void;
}

/** A running local cloud. */
export interface LocalCloud {
  /** Base of the HTTP API, without a slash at the end. */
  readonly url: string;
  readonly socketUrl: string;
  readonly issuer: string;
  /** Undefined when the template has no tables. */
  readonly dynamodbEndpoint: string | undefined;
  /** Endpoint of SQS, Secrets Manager and the management of WebSocket connections. */
  readonly servicesUrl: string;
  /** The outputs of the template, with local URLs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of the tables, by logical id. */
  readonly tables: Readonly<Record<string, string>>;
  /** Names of the functions. */
  readonly functions: readonly string[];
  /** An access token of the development issuer. `scope`: scopes separated by spaces. */
  token(sub: string, scope: string): Promise<string>;
  /**
   * Invokes a function.
   * @param functionName the name, the logical id, or the beginning of the logical id.
   * @throws FunctionError with the error of the function, or the reason why it could not finish.
   * @throws LocalCloudProblem when there is no such function.
   */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Numbers of messages, by name of the queue. */
  queueDepths(): Record<string, { visible: number; inFlight: number; delayed: number }>;
  readonly chaos: Chaos;
  readonly faults: Faults;
  /** Stops everything that was started. */
  stop(): Promise<void>;
}
