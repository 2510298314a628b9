import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { billFor, billTable } from '../../bench/cost/bill.js';
import { USERS } from '../../bench/cost/cost-command.js';
import { readMeasured } from '../../bench/cost/measured.js';
import { PRICES_AS_OF } from '../../bench/cost/prices.js';
import { ALARM_METRICS, assumptionsWith, memoryOf } from '../../bench/cost/usage.js';
import { resourcesOf, templateOf } from './stack.js';

const ROOT = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, it]) => String(it));
const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();

const deploy = read('docs/deploy.md');
const template = templateOf({ stage: 'prod' });
const settings = unique(all(read('infra/settings.ts'), /\b(?:text|choice)\('(\w+)'/g));
const chapter = (title: string): string =>
  deploy.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
const firstColumn = (title: string): string[] =>
  chapter(title)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => all(line.split('|')[1] ?? '', /`(\w+)`/g));

test('the table of settings has every context key that is read, and no other', () => {
  expect(settings.length).toBeGreaterThan(10);
  expect(unique(firstColumn('Settings'))).toEqual(settings);
});

test('the table of outputs has those of the stack, and no other', () => {
  expect(unique(firstColumn('Outputs'))).toEqual(Object.keys(template.findOutputs('*')).sort());
});

describe.each(['docs/deploy.md', 'docs/runbook.md', 'docs/events.md', 'README.md'])('in %s', (file) => {
  const text = read(file);

  test('every npm script is one of package.json', () => {
    const { scripts } = JSON.parse(read('package.json'));
    expect(unique(all(text, /npm run (?:-s )?(\w+)/g)).filter((name) => !(name in scripts))).toEqual([]);
  });

  test('every context key is one that is read', () => {
    expect(unique(all(text, /-c\s(\w+)/g)).filter((name) => !settings.includes(name))).toEqual([]);
  });

  test('every output and every function is one of the stack', () => {
    const outputs = unique(all(text, /\$\(out (\w+)\)/g));
    const functions = unique([
      ...all(text, /\$\(fn (\w+)\)/g),
      ...all(text, /template\.json (\w+) /g),
      ...all(text, /dev\/invoke\/(\w+)/g),
    ]);
    expect(outputs.filter((name) => !(name in template.findOutputs('*')))).toEqual([]);
    expect(functions.filter((name) => !(name in resourcesOf(template, 'AWS::Lambda::Function')))).toEqual([]);
  });

  test('every command of the CDK is one that it has, and every sample event is there', () => {
    const known = ['bootstrap', 'deploy', 'destroy', 'diff', 'synth'];
    expect(unique(all(text, /npx cdk (\w+)/g)).filter((name) => !known.includes(name))).toEqual([]);
    const events = unique(all(text, /(?:-e |@)(events\/[\w-]+\.json)/g));
    expect(events.filter((event) => !existsSync(join(ROOT, event)))).toEqual([]);
  });
});

test('the flags of npm run device are those of its help', () => {
  const [line = ''] = deploy.split('\n').filter((it) => it.startsWith('npm run device'));
  const flags = all(line, /--(\w+)/g);
  expect(flags).toEqual(['user', 'device', 'url', 'token']);
  expect(flags.filter((flag) => !read('dev/cli/device-command.ts').includes(`  --${flag} `))).toEqual([]);
});

test('the table of costs is what npm run cost prints', async () => {
  const measured = await readMeasured();
  const bills = USERS.map((users) => billFor(users, measured, assumptionsWith()));
  expect(deploy).toContain(billTable(bills));
  expect(deploy).toContain(`as of ${PRICES_AS_OF}`);
});

test('memory that the costs reckon with is that of the template', () => {
  for (const { Properties } of Object.values(resourcesOf(template, 'AWS::Lambda::Function'))) {
    const { Variables } = Properties.Environment as { Variables: Record<string, string> };
    const name = String(Variables.SERVICE_NAME).replace('cpm-sync-', '');
    expect([name, memoryOf(name)]).toEqual([name, Properties.MemorySize]);
  }
});

test('about as many metrics have alarms as the costs reckon with', () => {
  const metrics = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).flatMap(({ Properties }) => {
    const queries = (Properties.Metrics ?? []) as { MetricStat?: object }[];
    return queries.length === 0 ? [Properties] : queries.filter(({ MetricStat }) => MetricStat);
  });
  expect(Math.abs(metrics.length - ALARM_METRICS)).toBeLessThan(15);
});
