/**
 * A price that falls with the amount: each step has a price for each unit up to its end, and the last step
 * has no end. Each month, `free` units are not billed.
 */
export interface Price {
  readonly per: number; // number of units that one price covers
  readonly free?: number;
  readonly steps: readonly { readonly upTo?: number; readonly usd: number }[];
}

export const PRICES_AS_OF = '2025-06-30';
export const REGION = 'us-east-1';

const MILLION = 1_000_000;
const flat = (usd: number, per: number, free = 0): Price => ({ per, free, steps: [{ usd }] });

/**
 * List prices of AWS on demand, without discounts, savings plans or taxes, as known to the authors on that
 * day. Check https://aws.amazon.com/pricing before you rely on them. Free tiers that end after a year are
 * left out.
 */
export const PRICES = {
  dynamoDbWrite: flat(0.625, MILLION), // request units, standard tables
  dynamoDbRead: flat(0.125, MILLION),
  dynamoDbStorage: flat(0.25, 1, 25), // GB-month
  dynamoDbBackup: flat(0.2, 1), // GB-month of point-in-time recovery
  lambdaRequest: flat(0.2, MILLION, MILLION),
  lambdaTime: {
    per: 1, // GB-second on arm64
    free: 400_000,
    steps: [{ upTo: 7.5e9, usd: 0.0000133334 }, { upTo: 18.75e9, usd: 0.0000120001 }, { usd: 0.0000106667 }],
  },
  httpRequest: { per: MILLION, steps: [{ upTo: 300 * MILLION, usd: 1 }, { usd: 0.9 }] }, // each 512 KB
  socketMessage: { per: MILLION, steps: [{ upTo: 1000 * MILLION, usd: 1 }, { usd: 0.8 }] }, // each 32 KB
  socketMinute: flat(0.25, MILLION),
  sqsRequest: flat(0.4, MILLION, MILLION), // each 64 KB
  logIngestion: flat(0.5, 1, 5), // GB
  logStorage: flat(0.03, 1), // GB-month
  trace: flat(5, MILLION, 100_000),
  customMetric: flat(0.3, 1, 10), // a month
  alarmMetric: flat(0.1, 1, 10), // a month
  secret: flat(0.4, 1), // a month
  secretCall: flat(0.05, 10_000),
  dataOut: {
    per: 1, // GB to the internet
    free: 100,
    steps: [
      { upTo: 10_240, usd: 0.09 },
      { upTo: 51_200, usd: 0.085 },
      { upTo: 153_600, usd: 0.07 },
      { usd: 0.05 },
    ],
  },
  userPool: flat(0.015, 1, 10_000), // a user who signs in within the month, plan essentials
} as const satisfies Record<string, Price>;
export type PriceName = keyof typeof PRICES;

/** Monthly cost of this many units. Unit: USD. */
export function priceOf({ per, free = 0, steps }: Price, units: number): number {
  let rest = Math.max(0, units - free);
  let below = 0;
  let usd = 0;
  for (const step of steps) {
    const inStep = Math.min(rest, (step.upTo ?? Number.POSITIVE_INFINITY) - below);
    usd += (inStep / per) * step.usd;
    rest -= inStep;
    below = step.upTo ?? below;
  }
  return usd;
}
