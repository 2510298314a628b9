import { Template } from 'aws-cdk-lib/assertions';
import { OWN_ISSUER, resource, resourcesOf, stackOf } from './stack.js';

const prod = stackOf({ ...OWN_ISSUER, stage: 'prod', timeline: '3' });
const template = Template.fromStack(prod);

const FUNCTION = 'AWS::Lambda::Function';
const functionsOf = () => Object.entries(resourcesOf(template, FUNCTION));
const variablesOf = (id: string) =>
  (
    resource(template, FUNCTION, id).Properties.Environment as
      | { Variables: Record<string, unknown> }
      | undefined
  )?.Variables ?? {};

test.each([
  ['prod', true],
  ['dev', false],
])('the stack of stage %s is protected from termination: %s', (stage, isProtected) => {
  expect(stackOf({ ...OWN_ISSUER, stage }).terminationProtection).toBe(isProtected);
});

test('functions that answer have 15 s, the notifier 5 s, and those that read streams and queues 60 s', () => {
  const SECONDS: Readonly<Record<string, number>> = {
    NotifierFunction: 5,
    ...Object.fromEntries(['FanOut', 'Projector', 'Purger', 'Eraser'].map((name) => [`${name}Function`, 60])),
  };
  const ours = functionsOf().filter(([, { Properties }]) => Properties.Handler === 'index.handler');
  expect(ours.length).toBeGreaterThan(10);
  for (const [id, { Properties }] of ours) expect([id, Properties.Timeout]).toEqual([id, SECONDS[id] ?? 15]);
});

test('a box counts as erased only after 90 s, when no function that wrote into it can still run', () => {
  const settle = Number(variablesOf('EraserFunction').ERASE_SETTLE_SECONDS);
  expect(settle).toBe(90);
  for (const [, { Properties }] of functionsOf())
    expect(settle).toBeGreaterThan(Number(Properties.Timeout ?? 0));
});

test('records of the stream are retried for most of the day for which the stream keeps them', () => {
  const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'));
  const ages = mappings.flatMap(({ Properties }) => Properties.MaximumRecordAgeInSeconds ?? []);
  expect(ages).toEqual([22 * 3600, 22 * 3600]);
});

test('every function that opens a box knows the timeline of the tables', () => {
  const opening = functionsOf().filter(([id]) => 'STORE_TABLE' in variablesOf(id));
  expect(opening.length).toBeGreaterThan(5);
  for (const [id] of opening) expect([id, variablesOf(id).TIMELINE]).toEqual([id, '3']);
});
