import { Stack, Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { suppressNag } from '../../infra/suppress-nag.js';
import { appOf, OWN_ISSUER, stackOf } from './stack.js';

/** Shape: what cdk-nag says against a stack, as "rule path" each. */
function findingsIn(stack: Stack): string[] {
  const { violations } = new AwsSolutionsChecks().validateScope(stack);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
  );
}

interface Acknowledged {
  readonly path: string;
  readonly id: string;
  readonly reason: string;
}

const acknowledgedIn = (stack: Stack): Acknowledged[] =>
  stack.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([id, reason]) => ({ path: node.path, id: id.replace(/^annotation::/i, ''), reason })),
  );

const WITH_TOPIC = { alarmEmail: 'on-call@example.com' };

test.each([
  ['dev', { stage: 'dev' }],
  ['prod', { stage: 'prod' }],
  ['prod with a key of the customer', { stage: 'prod', encryption: 'customer', ...WITH_TOPIC }],
  ['prod with threat protection', { stage: 'prod', userPoolPlan: 'plus' }],
  ['dev with an issuer of its own', { stage: 'dev', ...OWN_ISSUER, ...WITH_TOPIC }],
  ['prod in an account that API Gateway may log in', { stage: 'prod', gatewayAccount: 'existing' }],
])('cdk-nag finds nothing against %s that is not acknowledged', (_, context) => {
  expect(findingsIn(stackOf(context))).toEqual([]);
});

test('every acknowledgement says why in a sentence, is of one rule, and covers at most a part of the stack', () => {
  const acknowledged = acknowledgedIn(stackOf({ stage: 'prod', encryption: 'customer', ...WITH_TOPIC }));
  expect(acknowledged.length).toBeGreaterThan(0);
  for (const { path, id, reason } of acknowledged) {
    expect(id).toMatch(/^AwsSolutions-[A-Z]+\d+(\[.+\])?$/);
    expect(reason).toMatch(/^[A-Z].{30,}\.$/);
    expect(path).not.toBe('CpmSync');
  }
});

test('every acknowledgement is of something that cdk-nag would find', () => {
  const stack = stackOf({ stage: 'prod', ...WITH_TOPIC });
  const unforgiving = new AwsSolutionsChecks();
  Object.defineProperty(unforgiving, 'isAcknowledged', { value: () => false });
  const found = unforgiving
    .validateScope(stack)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({ ruleName, constructPath })),
    );
  const idle = acknowledgedIn(stack).filter(
    ({ path, id }) =>
      !found.some(({ ruleName, constructPath }) => ruleName === id && constructPath?.startsWith(`${path}/`)),
  );
  expect(idle).toEqual([]);
});

test('threat protection, once it is on, is not acknowledged away', () => {
  const ids = (context: Record<string, unknown>) => acknowledgedIn(stackOf(context)).map(({ id }) => id);
  expect(ids({ userPoolPlan: 'essentials' })).toContain('AwsSolutions-COG8');
  expect(ids({ userPoolPlan: 'plus' })).not.toContain('AwsSolutions-COG8');
});

test('the check finds what is wrong, unless it is acknowledged', () => {
  const stack = new Stack(appOf(), 'Careless');
  const queue = new Queue(stack, 'Queue');
  expect(findingsIn(stack)).toEqual([
    'AwsSolutions-SQS3 Careless/Queue/Resource',
    'AwsSolutions-SQS4 Careless/Queue/Resource',
  ]);
  suppressNag(queue, { 'AwsSolutions-SQS3': 'It stands here for nothing but this.' });
  expect(findingsIn(stack)).toEqual(['AwsSolutions-SQS4 Careless/Queue/Resource']);
});
