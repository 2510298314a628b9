import { ACTIVITIES, type Activity, type Measured } from '../../../bench/cost/activities.js';
import { billFor, billTable, usd } from '../../../bench/cost/bill.js';
import { costCommand } from '../../../bench/cost/cost-command.js';
import { readMeasured } from '../../../bench/cost/measured.js';
import type { PerMillion } from '../../../bench/cost/per-million.js';
import { PRICES, priceOf } from '../../../bench/cost/prices.js';
import { ASSUMPTIONS, assumptionsWith, durationMs, timesOf, usageOf } from '../../../bench/cost/usage.js';
import { runCommand } from '../../../dev/cli/command.js';
import { Terminal } from '../../../dev/cli/terminal.js';

const NOTHING = {
  read: 0,
  write: 0,
  callsInLine: 0,
  cpuMs: 0,
  logBytes: 0,
  sqsRequests: 0,
  responseBytes: 0,
};

/** Measured, with nothing in it but what is given. */
const measuredWith = (activities: Partial<Record<Activity, object>>): Measured => ({
  date: '2026-03-01',
  machine: 'a machine',
  messages: 'some',
  elementBytes: 500,
  logBytes: 1000,
  activities: Object.fromEntries(
    Object.keys(ACTIVITIES).map((name) => [name, { ...NOTHING, ...activities[name as Activity] }]),
  ) as Measured['activities'],
});

/** One device that does nothing but what is given. */
const quiet = assumptionsWith({
  ...(Object.fromEntries(Object.keys(ASSUMPTIONS).map((name) => [name, 0])) as object),
  devicesPerUser: 1,
});

describe('a price', () => {
  test('is for what is beyond the free units', () => {
    expect(priceOf({ per: 10, free: 100, steps: [{ usd: 2 }] }, 99)).toBe(0);
    expect(priceOf({ per: 10, free: 100, steps: [{ usd: 2 }] }, 130)).toBe(6);
  });

  test('falls step by step, each for its own part', () => {
    const price = { per: 1, steps: [{ upTo: 100, usd: 3 }, { upTo: 300, usd: 2 }, { usd: 1 }] };
    expect(priceOf(price, 100)).toBe(300);
    expect(priceOf(price, 150)).toBe(300 + 100);
    expect(priceOf(price, 1000)).toBe(300 + 400 + 700);
  });

  test('of a million write units is that of the list', () => {
    expect(priceOf(PRICES.dynamoDbWrite, 2_000_000)).toBe(1.25);
  });
});

describe('usage of a month', () => {
  test('counts what each activity was measured to take, as often as it happens', () => {
    const measured = measuredWith({ deposit: { write: 6, read: 4 }, fanOutDeposit: { read: 1 } });
    const usage = usageOf(10, measured, { ...quiet, messagesPerDay: 12 });
    const deposits = (10 * 12 * 365) / 12;
    expect(usage.dynamoDbWrite).toBeCloseTo(6 * deposits);
    expect(usage.dynamoDbRead).toBeCloseTo(5 * deposits);
    expect(usage.lambdaRequest).toBeCloseTo(3 * deposits + deposits / 5); // each, its fan-out, its projection, and five that expire together
    expect(usage.httpRequest).toBeCloseTo(deposits);
  });

  test('a change tells the connected devices, and those synchronize', () => {
    const times = timesOf({
      ...quiet,
      devicesPerUser: 3,
      messagesPerDay: 12,
      actionsPerDay: 6,
      connectedShare: 0.5,
    });
    const perDay = (activity: Activity) => times[activity] / (365 / 12);
    expect(perDay('notify')).toBeCloseTo(12 * 3 * 0.5 + 6 * 2 * 0.5); // the device that acted gets no push
    expect(perDay('receive')).toBeCloseTo(perDay('notify'));
    expect(perDay('act')).toBeCloseTo(6);
  });

  test('storage is what is kept, and 90 days of the log', () => {
    const usage = usageOf(1000, measuredWith({}), { ...quiet, messagesPerDay: 2, daysKept: 100 });
    expect(usage.dynamoDbStorage).toBeCloseTo((1000 * 2 * (100 * 500 + 90 * 1000)) / 1e9);
    expect(usage.dynamoDbBackup).toBe(usage.dynamoDbStorage);
  });

  test('an invocation lasts its calls in line, and its processor time at the share that its memory gives', () => {
    const measured = measuredWith({ deposit: { callsInLine: 2, cpuMs: 10 } });
    const ms = durationMs('deposit', measured, { ...quiet, databaseMs: 5 });
    expect(ms).toBeCloseTo(2 * 5 + 10 * (1769 / 512));
  });
});

describe('a bill', () => {
  const measured = measuredWith({ deposit: { write: 6 } });

  test('adds up its lines', () => {
    const bill = billFor(1_000_000, measured, { ...quiet, messagesPerDay: 12 });
    const writes = bill.lines.find(({ item }) => item === 'dynamoDbWrite');
    expect(writes?.usd).toBeCloseTo(((1_000_000 * 365 * 6) / 1_000_000) * 0.625);
    expect(bill.totalUsd).toBeCloseTo(bill.lines.reduce((sum, line) => sum + line.usd, 0));
    expect(bill.perUserUsd).toBeCloseTo(bill.totalUsd / 1_000_000);
  });

  test('has every price but that of the user pool, which stands beside it', () => {
    const bill = billFor(20_000, measured, quiet);
    const items = bill.lines.map(({ item }) => item);
    expect(Object.keys(PRICES).filter((name) => !items.includes(name as never))).toEqual(['userPool']);
    expect(bill.userPoolUsd).toBe(10_000 * 0.015);
  });

  test('as a table has a column for each number of users', () => {
    const [head] = billTable([1000, 10_000_000].map((users) => billFor(users, measured, quiet))).split('\n');
    expect(head).toBe('| USD a month | 1,000 users | 10,000,000 users |');
  });

  test.each([
    [0, '0.00'],
    [99.994, '99.99'],
    [1234.5, '1,235'],
  ])('%d dollars are written %s', (amount, text) => {
    expect(usd(amount)).toBe(text);
  });
});

describe('npm run cost', () => {
  async function run(...args: string[]) {
    let [out, err] = ['', ''];
    const terminal = new Terminal({ write: (text) => (out += text) }, { write: (text) => (err += text) });
    const code = await runCommand(costCommand, args, {
      terminal,
      env: {},
      signal: new AbortController().signal,
    });
    return { code, out, err };
  }

  test('prints what was measured last as a table, and of when it is', async () => {
    const { code, out, err } = await run();
    expect(code).toBe(0);
    expect(out).toMatch(/^\| USD a month \| 1,000 users \| 100,000 users \| 10,000,000 users \|\n/);
    expect(err).toContain(`measured on ${(await readMeasured()).date}`);
  });

  test('as JSON is one bill for so many users, with what it assumes', async () => {
    const { out } = await run('--users', '5000', '--assume', 'messagesPerDay=60', '--json');
    expect(JSON.parse(out)).toMatchObject({
      users: 5000,
      assumptions: { messagesPerDay: 60, devicesPerUser: 2 },
    });
  });

  test('says what a million of each activity costs, and of a commit with all that follows', async () => {
    const { out } = await run();
    for (const name of Object.keys(ACTIVITIES)) expect(out).toContain(`| ${name} |`);
    expect(out).toContain('| a deposit, with all that follows | deposit, fanOutDeposit, projectDeposit |');
    const rows: PerMillion[] = JSON.parse((await run('--json', '--users', '1')).out).perMillion;
    const of = (name: string) => rows.find((row) => row.name === name) as PerMillion;
    const { read, write } = (await readMeasured()).activities.act;
    // A million write units cost 0.625 USD, and as many read units 0.125.
    expect(of('act').dynamoDbUsd).toBeCloseTo(0.625 * write + 0.125 * read);
    const parts = ['act', 'fanOutAct', 'projectAct'].map((name) => of(name).totalUsd);
    expect(of('a device commit, with all that follows').totalUsd).toBeCloseTo(
      parts.reduce((sum, each) => sum + each, 0),
    );
  });

  test('twice as many messages cost more', async () => {
    const total = async (...args: string[]) =>
      JSON.parse((await run('--users', '1000000', '--json', ...args)).out).totalUsd;
    expect(await total('--assume', 'messagesPerDay=80')).toBeGreaterThan(1.2 * (await total()));
  });

  test.each([
    [['--users', 'many'], '--users must be a number from 1 to 999999999'],
    [['--assume', 'luck=1'], '--assume luck must be one of devicesPerUser, '],
    [['--assume', 'messagesPerDay=lots'], '--assume messagesPerDay must be a number of 0 or more, got lots'],
  ])('%j is refused with what is wrong', async (args, message) => {
    const { code, err } = await run(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test('its help names every assumption with its value', async () => {
    const { out } = await run('--help');
    for (const [name, { value }] of Object.entries(ASSUMPTIONS)) {
      expect(out).toMatch(new RegExp(`  ${name} +${value}  `));
    }
  });
});
