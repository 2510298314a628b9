import type { Measured } from './activities.js';
import { PRICES, PRICES_AS_OF, type PriceName, priceOf, REGION } from './prices.js';
import { type Assumptions, usageOf } from './usage.js';

/** Services on the bill with their prices, in the order of the table. */
const SERVICES: Readonly<Record<string, readonly PriceName[]>> = {
  DynamoDB: ['dynamoDbWrite', 'dynamoDbRead', 'dynamoDbStorage', 'dynamoDbBackup'],
  Lambda: ['lambdaRequest', 'lambdaTime'],
  'API Gateway': ['httpRequest', 'socketMessage', 'socketMinute'],
  SQS: ['sqsRequest'],
  CloudWatch: ['logIngestion', 'logStorage', 'customMetric', 'alarmMetric'],
  'X-Ray': ['trace'],
  'Secrets Manager': ['secret', 'secretCall'],
  'Data transfer': ['dataOut'],
};
/** Billed only if the stack has its own user pool. */
const USER_POOL: PriceName = 'userPool';

interface BillLine {
  readonly service: string;
  readonly item: PriceName;
  readonly amount: number; // in the unit of the price
  readonly usd: number; // a month
}

/** Monthly cost of a deployment. */
export interface Bill {
  readonly users: number;
  readonly region: string;
  readonly pricesAsOf: string;
  readonly measuredOn: string;
  readonly assumptions: Assumptions;
  readonly lines: readonly BillLine[];
  readonly totalUsd: number;
  readonly perUserUsd: number;
  /** Not in the total: cost of Cognito, which is zero with another token issuer. */
  readonly userPoolUsd: number;
}

/** The monthly bill for this many users, from measured usage and list prices. */
export function billFor(users: number, measured: Measured, assumptions: Assumptions): Bill {
  const usage = usageOf(users, measured, assumptions);
  const lines = Object.entries(SERVICES).flatMap(([service, items]) =>
    items.map((item) => ({ service, item, amount: usage[item], usd: priceOf(PRICES[item], usage[item]) })),
  );
  const totalUsd = lines.reduce((sum, { usd }) => sum + usd, 0);
  return {
    users,
    region: REGION,
    pricesAsOf: PRICES_AS_OF,
    measuredOn: measured.date,
    assumptions,
    lines,
    totalUsd,
    perUserUsd: totalUsd / Math.max(1, users),
    userPoolUsd: priceOf(PRICES[USER_POOL], usage[USER_POOL]),
  };
}

/** Dollars as people write them: with cents below 100, with thousands separators above. */
export const usd = (amount: number): string =>
  amount < 100 ? amount.toFixed(2) : Math.round(amount).toLocaleString('en-US');

/** A table with one column for each bill and one row for each service. Shape: Markdown. */
export function billTable(bills: readonly Bill[]): string {
  const row = (name: string, of: (bill: Bill) => string) => `| ${name} | ${bills.map(of).join(' | ')} |`;
  const ofService = (service: string) => (bill: Bill) =>
    usd(bill.lines.filter((line) => line.service === service).reduce((sum, line) => sum + line.usd, 0));
  return [
    row('USD a month', ({ users }) => `${users.toLocaleString('en-US')} users`),
    `|---|${bills.map(() => '---:').join('|')}|`,
    ...Object.keys(SERVICES).map((service) => row(service, ofService(service))),
    row('**all**', ({ totalUsd }) => `**${usd(totalUsd)}**`),
    row('for one user', ({ perUserUsd }) => perUserUsd.toFixed(4)),
    row('Cognito, if it signs the tokens', ({ userPoolUsd }) => usd(userPoolUsd)),
  ].join('\n');
}
