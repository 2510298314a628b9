import type { Node } from 'constructs';

const STAGES = ['dev', 'prod'] as const;
export type Stage = (typeof STAGES)[number];

const ENCRYPTIONS = ['aws', 'customer'] as const;
const USER_POOL_PLANS = ['lite', 'essentials', 'plus'] as const;
export type UserPoolPlan = (typeof USER_POOL_PLANS)[number];
const GATEWAY_ACCOUNTS = ['stack', 'existing'] as const;
const YES_NO = ['yes', 'no'] as const;
const LOG_LEVELS = ['INFO', 'WARN'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The issuer of the tokens, when it is not the user pool of this stack. */
interface ExternalIssuer {
  readonly issuer: string;
  readonly audience: readonly string[];
}

/** Recipients of alarms: an existing topic, or addresses for a topic of the stack. */
export interface AlarmReceivers {
  readonly topicArn?: string;
  readonly emails: readonly string[];
}

/** Tables that were restored from a backup, instead of tables of the stack. */
export interface RestoredTables {
  readonly store: string;
  readonly storeStreamArn: string;
  readonly registry: string;
}

/** The settings of a deployment, from `-c name=value`. */
export interface Settings {
  readonly stage: Stage;
  readonly externalIssuer?: ExternalIssuer;
  /** Addresses to which the user pool can redirect a user after the sign-in. */
  readonly callbackUrls: readonly string[];
  readonly userPoolPlan: UserPoolPlan;
  /** Origins of web pages that can call the HTTP API, as https://app.example.com. Default: none. */
  readonly origins: readonly string[];
  /** Key of the data at rest. `customer`: a KMS key of the account; `aws`: keys that AWS owns. */
  readonly encryption: (typeof ENCRYPTIONS)[number];
  readonly alarms: AlarmReceivers;
  /** Lowest level of the functions' log lines. It does not affect metrics. */
  readonly logLevel: LogLevel;
  readonly restored?: RestoredTables;
  /** Increased by one with each restore of the tables. Items of a later timeline replace those of an earlier one. */
  readonly timeline: number;
  /** `stack`: the stack creates the role with which API Gateway writes logs. An account has one in each region. */
  readonly gatewayAccount: (typeof GATEWAY_ACCOUNTS)[number];
  /** Quotas of the account: 1 for the default quotas, 5 for five times as much. */
  readonly capacity: number;
  /** Whether functions that could use up the account's concurrency have a reserved part of it. */
  readonly reservesConcurrency: boolean;
}

const LOCAL_CALLBACK_URL = 'http://localhost:8080/callback'; // Cognito allows plain http only for localhost
const TIMELINE_MAX = 400; // versions of items are exact integers up to it
const DEFAULT_CAPACITY: Readonly<Record<Stage, number>> = { dev: 0.1, prod: 1 };

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/**
 * Reads the settings from the context of the app.
 * @throws Error with one line that names the setting to change
 */
export function settingsFrom(node: Node): Settings {
  const text = (name: string): string => String(node.tryGetContext(name) ?? '').trim();
  const choice = <Choice extends string>(
    name: string,
    known: readonly Choice[],
    otherwise: Choice,
  ): Choice => {
    const chosen = known.find((one) => one === (text(name) || otherwise));
    if (chosen) return chosen;
    const offers = known.map((one) => `-c ${name}=${one}`).join(' or ');
    throw new Error(`There is no ${name} "${text(name)}": use ${offers}.`);
  };

  const stage = choice('stage', STAGES, 'dev');
  const callbackUrls = listOf(text('callbackUrls'));
  const externalIssuer = externalIssuerFrom(text('issuer'), listOf(text('audience')));
  const restored = restoredFrom({
    store: text('storeTable'),
    storeStreamArn: text('storeStreamArn'),
    registry: text('registryTable'),
  });
  return {
    stage,
    ...(externalIssuer && { externalIssuer }),
    callbackUrls: callbackUrls.length > 0 ? callbackUrls : [LOCAL_CALLBACK_URL],
    userPoolPlan: choice('userPoolPlan', USER_POOL_PLANS, 'essentials'),
    origins: listOf(text('origins')),
    encryption: choice('encryption', ENCRYPTIONS, 'aws'),
    logLevel: choice('logLevel', LOG_LEVELS, 'INFO'),
    ...(restored && { restored }),
    timeline: timelineFrom(text('timeline'), restored !== undefined),
    alarms: alarmReceiversFrom(text('alarmTopicArn'), listOf(text('alarmEmail'))),
    gatewayAccount: choice('gatewayAccount', GATEWAY_ACCOUNTS, 'stack'),
    capacity: capacityFrom(text('capacity'), stage),
    reservesConcurrency: choice('reserveConcurrency', YES_NO, stage === 'prod' ? 'yes' : 'no') === 'yes',
  };
}

function capacityFrom(text: string, stage: Stage): number {
  if (text === '') return DEFAULT_CAPACITY[stage];
  const capacity = Number(text);
  if (capacity >= 0.01 && capacity <= 100) return capacity;
  throw new Error(
    `The capacity "${text}" must be a number from 0.01 to 100: use 1 for the default quotas of an account.`,
  );
}

/** The timeline of restored tables must not be 0, because tokens and running processes know states after the backup. */
function timelineFrom(text: string, isRestored: boolean): number {
  if (isRestored && Number(text) === 0)
    throw new Error('The timeline of restored tables must be higher than before: use -c timeline=1 or more.');
  if (/^\d{0,3}$/.test(text) && Number(text) <= TIMELINE_MAX) return Number(text);
  throw new Error(`The timeline must be a whole number from 0 to ${TIMELINE_MAX}, got "${text}".`);
}

function externalIssuerFrom(issuer: string, audience: readonly string[]): ExternalIssuer | undefined {
  if ((issuer === '') !== (audience.length === 0)) {
    const missing = issuer === '' ? 'issuer' : 'audience';
    throw new Error(
      `Only one of issuer and audience is given: add -c ${missing}=…, or leave both out for a user pool.`,
    );
  }
  return issuer === '' ? undefined : { issuer, audience };
}

function restoredFrom(tables: RestoredTables): RestoredTables | undefined {
  const given = Object.values(tables).filter((name) => name !== '').length;
  if (given === 0) return undefined;
  if (given === 3) return tables;
  throw new Error(
    'storeTable, storeStreamArn and registryTable must be given together: give all three, or none.',
  );
}

function alarmReceiversFrom(topicArn: string, emails: readonly string[]): AlarmReceivers {
  if (topicArn !== '' && emails.length > 0) {
    throw new Error(
      'Both alarmTopicArn and alarmEmail are given: subscribe the addresses to that topic instead.',
    );
  }
  return topicArn === '' ? { emails } : { topicArn, emails };
}
