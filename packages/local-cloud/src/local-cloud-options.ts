import type { IncomingMessage } from 'node:http';
import type { Faults } from './faults.js';
import type { Answer } from './http/answer.js';
import type { ConnectionLimits } from './web-socket/connection.js';

export type MoreRoutes = (
  cloud: Pick<LocalCloud, 'socketUrl' | 'queueDepths'>,
  req: IncomingMessage,
  path: string,
) => Promise<Answer | undefined>;

export interface LocalCloudOptions {
  /** For clients; 0: any that is free. */
  readonly port: number;
  /** Folder of a synthesized app: the one template in it is stood up. Default: `cdk.out`. */
  readonly outDir?: string | undefined;
  /** Instead of `outDir`: a template; its assets are beside it. */
  readonly templateFile?: string | undefined;
  /** Where everything is kept; none: in memory. */
  readonly dataDir?: string | undefined;
  /** A DynamoDB to use instead of starting DynamoDB Local. */
  readonly dynamodbEndpoint?: string | undefined;
  /** Told what is noteworthy. */
  readonly log?: ((line: string) => void) | undefined;
  /** File for the output of the functions. */
  readonly functionLogFile?: string | undefined;
  /** Told each line of that output too. */
  readonly onFunctionLine?: ((line: string) => void) | undefined;
  /** So many invocations of a function at a time; default 3. */
  readonly workersPerFunction?: number | undefined;
  readonly connectionLimits?: ConnectionLimits | undefined;
  /**
   * When a message is visible again after its function failed; default 1 s. On AWS it is the end of the queue's
   * visibility timeout, minutes later.
   */
  readonly failedMessageRetryMs?: number | undefined;
  /** What goes wrong on purpose; default: nothing. */
  readonly faults?: Faults | undefined;
  /**
   * Answers paths beside those of the template, before them: a page for developers, for example.
   * Undefined: the path belongs to the template.
   */
  readonly moreRoutes?: MoreRoutes | undefined;
}

/** What tests break at once; `Faults` are what goes wrong now and then. */
export interface Chaos {
  /**
   * Ends a worker, in mid-invocation if one is busy: of the function named, or of any. Answers whose it was, or
   * undefined when none was running.
   */
  terminateWorker(functionName?: string): Promise<string | undefined>;
  /** Breaks every WebSocket connection without a close frame. */
  dropConnections(): void;
}

export interface LocalCloud {
  /** Base of the HTTP API, without a slash at the end. */
  readonly url: string;
  readonly socketUrl: string;
  readonly issuer: string;
  /** Undefined when the stack has no tables. */
  readonly dynamodbEndpoint: string | undefined;
  /** Endpoint of SQS and Secrets Manager, and of the management of connections. */
  readonly servicesUrl: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of the tables, by logical id. */
  readonly tables: Readonly<Record<string, string>>;
  readonly functions: readonly string[];
  token(sub: string, scope: string): Promise<string>;
  /**
   * Invokes a function.
   * @param functionName its name, its logical id, or the beginning of that.
   * @throws FunctionError what it threw, or why it could not finish.
   */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Messages by name of the queue. */
  queueDepths(): Record<string, { visible: number; inFlight: number; delayed: number }>;
  readonly chaos: Chaos;
  readonly faults: Faults;
  /** Ends everything that was started. */
  stop(): Promise<void>;
}
