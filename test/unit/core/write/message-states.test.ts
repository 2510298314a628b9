import { BoxUnderTest, pointersOf } from '../../../support/box-under-test.js';
import { aMessage, deletion, removal, stateChange } from '../../../support/builders.js';

let box: BoxUnderTest;
beforeEach(async () => {
  box = new BoxUnderTest();
  await box.given(aMessage({ id: 'm1' }));
});

const report = (participant: string, disposition: string, at: string) => ({ participant, disposition, at });
const delivered = report('tel:+15550101', 'delivered', '2026-02-28T09:00:01Z');
const state = () => box.element('messageState', 'm1');

test('[ME5] flags are added and removed, sorted by code unit and each once', async () => {
  await box.given(stateChange('m1', { addFlags: ['b', 'a', '\\Seen', 'a', 'Z'] }));
  expect(await state()).toMatchObject({ flags: ['Z', '\\Seen', 'a', 'b'], modSeq: 3 });
  await box.given(stateChange('m1', { addFlags: ['c'], removeFlags: ['a', 'Z', 'never'] }));
  expect(await state()).toMatchObject({ flags: ['\\Seen', 'b', 'c'], modSeq: 4 });
});

test('a flag both added and removed is removed', async () => {
  await box.given(stateChange('m1', { addFlags: ['a'] }));
  await box.given(stateChange('m1', { addFlags: ['a', 'b'], removeFlags: ['a'] }));
  expect(await state()).toMatchObject({ flags: ['b'] });
});

test('a change of state leaves the modSeq of the message', async () => {
  await box.given(stateChange('m1', { addFlags: ['a'] }));
  expect(await box.element('message', 'm1')).toMatchObject({ modSeq: 2 });
  expect(await box.lastRows()).toEqual([expect.objectContaining({ type: 'messageState', id: 'm1' })]);
});

test.each([
  ['adds what is there', { addFlags: ['a'] }],
  ['removes what is not there', { removeFlags: ['b'] }],
  ['adds and removes the same', { addFlags: ['b'], removeFlags: ['b'] }],
  ['reports what was reported', { dispositions: [delivered] }],
  ['says nothing', {}],
])('[ST2] a change that %s is unchanged: so a device learns that it was not first', async (_, data) => {
  await box.given(stateChange('m1', { addFlags: ['a'], dispositions: [delivered] }));
  expect(await box.statuses(stateChange('m1', data))).toEqual(['unchanged']);
});

test('a state that was never there is unchanged by the removal of flags', async () => {
  expect(
    await box.statuses(stateChange('m1', { removeFlags: ['a'] }), stateChange('m1', { addFlags: [] })),
  ).toEqual(['unchanged', 'unchanged']);
});

test('[ME4] the last flag that goes is told, though a new device is sent no empty state', async () => {
  await box.given(stateChange('m1', { addFlags: ['a'] }));
  await box.given(stateChange('m1', { removeFlags: ['a'] }));
  expect((await box.lastRows())[0]?.element).toMatchObject({
    type: 'messageState',
    id: 'm1',
    modSeq: 4,
    flags: [],
  });
  expect(await state()).toBeUndefined();
});

test('[ME7] dispositions are added, and the same participant and disposition keeps its first time', async () => {
  await box.given(stateChange('m1', { dispositions: [delivered] }));
  const displayed = report('tel:+15550101', 'displayed', '2026-02-28T09:00:02Z');
  const other = report('tel:+15550102', 'delivered', '2026-02-28T09:00:03Z');
  const late = { ...delivered, at: '2026-02-28T10:00:00Z' };
  await box.given(stateChange('m1', { dispositions: [late, displayed, other, { ...other, at: late.at }] }));
  expect(await state()).toMatchObject({ dispositions: [delivered, displayed, other], flags: [], modSeq: 4 });
});

test('[EL4] a message takes 64 flags and no more', async () => {
  const flags = Array.from({ length: 64 }, (_, i) => `k${i}`);
  await box.given(stateChange('m1', { addFlags: flags }));
  expect(
    pointersOf(await box.result(stateChange('m1', { addFlags: ['one more'.replace(' ', '-')] }))),
  ).toEqual(['/data/addFlags']);
  await box.given(stateChange('m1', { addFlags: ['other'], removeFlags: ['k0'] }));
});

test('[EL4] a message takes no more than 1,000 dispositions, and no more than 64 KB of them', async () => {
  const reports = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => report(`t:${from + i}`, 'delivered', '2026-02-28T09:00:00Z'));
  expect(pointersOf(await box.result(stateChange('m1', { dispositions: reports(0, 1001) })))).toEqual([
    '/data/dispositions',
  ]);
  await box.given(stateChange('m1', { dispositions: reports(0, 600) }));
  expect(pointersOf(await box.result(stateChange('m1', { dispositions: reports(600, 401) })))).toEqual([
    '/data/dispositions',
  ]);
  expect(pointersOf(await box.result(stateChange('m1', { dispositions: reports(600, 400) })))).toEqual([
    '/data',
  ]);
  expect(await box.statuses(stateChange('m1', { dispositions: reports(600, 1) }))).toEqual(['applied']);
});

test('[EL3] a state of more than 64 KB is invalid', async () => {
  const reports = Array.from({ length: 600 }, (_, i) =>
    report(`tel:+1${String(i).padStart(60, '0')}`, 'delivered', '2026-02-28T09:00:00Z'),
  );
  expect((await box.result(stateChange('m1', { dispositions: reports }))).status).toBe('invalid');
});

test('faults are named by pointer', async () => {
  const data = {
    addFlags: ['\\Recent', 'ok'],
    removeFlags: ['two words'],
    dispositions: [{ participant: 'Bo', disposition: 'read', at: 'noon' }],
    flags: ['x'],
  };
  expect(pointersOf(await box.result(stateChange('m1', data as never))).sort()).toEqual([
    '/data/addFlags/0',
    '/data/dispositions/0/at',
    '/data/dispositions/0/disposition',
    '/data/dispositions/0/participant',
    '/data/flags',
    '/data/removeFlags/0',
  ]);
});

test.each(['create', 'delete'])('[OP1] a state takes no %s', async (op) => {
  const operation = { ...stateChange('m1', {}), op };
  expect(pointersOf(await box.result(operation))).toEqual(['/op']);
});

test('answers notFound, parentNotFound and gone', async () => {
  await box.given(aMessage({ id: 'm2' }));
  await box.given(deletion('m2'));
  expect(
    await box.statuses(
      stateChange('m9', { addFlags: ['a'] }),
      stateChange('m1', { addFlags: ['a'] }, { conversationId: 'c9' }),
      stateChange('m2', { addFlags: ['a'] }),
      removal('conversationHistory', 'c1'),
      stateChange('m1', { addFlags: ['a'] }),
    ),
  ).toEqual(['notFound', 'parentNotFound', 'gone', 'applied', 'gone']);
});

test('ifModSeq is that of the state, not that of the message', async () => {
  await box.given(stateChange('m1', { addFlags: ['a'] }));
  expect(await box.result(stateChange('m1', { addFlags: ['b'] }, { ifModSeq: 2 }))).toEqual({
    status: 'conflict',
    current: { type: 'messageState', id: 'm1', modSeq: 3, conversationId: 'c1', flags: ['a'] },
  });
  await box.given(stateChange('m1', { addFlags: ['b'] }, { ifModSeq: 3 }));
});

test('ifModSeq of a state that was never stored is a conflict without current', async () => {
  expect(await box.result(stateChange('m1', { addFlags: ['a'] }, { ifModSeq: 2 }))).toEqual({
    status: 'conflict',
  });
});
