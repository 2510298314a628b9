import { filesWithSkipped, quotations, quotedIn, rules, rulesOf } from '../../support/rules.js';

/** Kinds of problems that no function answers over HTTP: API Gateway refuses such requests before. */
const NEVER_ANSWERED: readonly string[] = ['ER8'];

describe('the rules of the protocol', () => {
  const numbered = rules();
  const quoted = quotations();

  test('have each a number of its own, and each subject counts without gaps', () => {
    expect(new Set(numbered).size).toBe(numbered.length);
    for (const subject of new Set(numbered.map((rule) => rule.slice(0, 2)))) {
      const of = numbered.filter((rule) => rule.startsWith(subject));
      expect(new Set(of)).toEqual(new Set(of.map((_, i) => `${subject}${i + 1}`)));
    }
    expect(numbered.length).toBeGreaterThan(150);
  });

  test('are each quoted by a test', () => {
    expect(numbered.filter((rule) => !quoted.has(rule))).toEqual([]);
  });

  test('for each status of an operation and each kind of problem are quoted by a test over HTTP', () => {
    const isAnswer = (rule: string) => /^(ST|ER)\d+$/.test(rule);
    const overHttp = (rule: string) =>
      quoted.get(rule)?.some((file) => file.startsWith('test/e2e/')) ?? false;
    expect(numbered.filter((rule) => isAnswer(rule) && !overHttp(rule))).toEqual(NEVER_ANSWERED);
  });

  test('are all that tests quote', () => {
    const known = new Set(numbered);
    expect([...quoted].filter(([rule]) => !known.has(rule))).toEqual([]);
  });

  test('are shown by tests that run', () => {
    expect(filesWithSkipped()).toEqual([]);
  });
});

test('rules are found in lists and tables, and nowhere else', () => {
  expect(rulesOf('- **SY1** One.\n\n  - **SY2** Two, see **SY9**.\n| **ER1** | 400 |\n**XX1** no')).toEqual([
    'SY1',
    'SY2',
    'ER1',
  ]);
});

test('numbers are found in titles of tests that run, and nowhere else', () => {
  const source = [
    `TEST('[SY1] a', () => {});`,
    `TEST.concurrent('[SY2, SY3] b', async () => {});`,
    `TEST.each([1])(\n  \`[SY4] c %i\`, () => {});`,
    `TEST.skip('[SY5] d', () => {});`,
    `const text = '[SY6] e';`,
    `TEST('f [SY7]', () => {});`,
  ].join('\n');
  // In capitals, so that this file does not quote them itself.
  expect(quotedIn(source.replaceAll('TEST', 'test'))).toEqual(['SY1', 'SY2', 'SY3', 'SY4']);
});
