import { aMessage, deletion, stateChange } from '../support/builders.js';
import { names } from '../support/cloud.js';
import { aBox, modify, statuses, twoDevices } from '../support/cloud-box.js';

describe('a message', () => {
  test.concurrent('[OP2, OP4, SY8] is changed by a merge patch, and deleted with its state by one removal', async () => {
    const { phone, tablet, modSeq } = await twoDevices();
    const part = { contentType: 'image/png', size: 3, href: 'https://example.com/x' };
    await phone.synchronize({
      operations: [modify('message', 'm2', { subject: 'S', payloadParts: [part], textContent: null })],
    });
    const [changed, ...others] = (await tablet.synchronize()).changes;
    expect(others).toEqual([]);
    expect(changed).toMatchObject({
      type: 'message',
      id: 'm2',
      modSeq: modSeq + 1,
      subject: 'S',
      payloadParts: [part],
      sessionId: 's1',
    });
    expect(changed).not.toHaveProperty('textContent');
    await phone.synchronize({ operations: [deletion('m2')] });
    expect((await tablet.synchronize()).changes).toEqual([
      { type: 'message', id: 'm2', conversationId: 'c1', modSeq: modSeq + 2, removed: 'deleted' },
    ]);
    expect(
      await statuses(
        phone,
        deletion('m2'),
        modify('message', 'm2', { subject: 'T' }),
        stateChange('m2', { addFlags: ['\\Seen'] }),
        aMessage({ id: 'm2' }),
      ),
    ).toEqual(['unchanged', 'gone', 'gone', 'gone']);
  });

  test.concurrent('[ST6, ST7] answers notFound when it never existed, and parentNotFound when its conversation never existed', async () => {
    const { phone } = await aBox();
    const elsewhere = { conversationId: 'nowhere' };
    expect(
      await statuses(
        phone,
        deletion('nothing'),
        modify('message', 'nothing', { subject: 'x' }),
        stateChange('nothing', { addFlags: ['x'] }),
        deletion('m1', elsewhere),
        aMessage({ conversationId: 'nowhere', seed: false }),
      ),
    ).toEqual(['notFound', 'notFound', 'notFound', 'parentNotFound', 'parentNotFound']);
  });

  test.concurrent('[OP7] is one removal when it is created and deleted in one request', async () => {
    const { phone, tablet } = await twoDevices();
    expect(await statuses(phone, aMessage({ id: 'm9' }), deletion('m9'))).toEqual(['applied', 'applied']);
    expect(names((await tablet.synchronize()).changes)).toEqual(['message m9 deleted']);
  });

  test.concurrent('[ST3, OP14] answers exists when its id is taken; the existing one is in the changes when it is over 2 KB, otherwise in the result', async () => {
    const { user, phone } = await aBox();
    await user.deposit(aMessage({ id: 'large', textContent: 'x'.repeat(3000) }));
    await phone.synchronize();
    const { results, changes } = await phone.synchronize({
      operations: [aMessage({ id: 'm1' }), aMessage({ id: 'large' })],
    });
    expect(results).toEqual([
      { n: 1, status: 'exists', current: expect.objectContaining({ id: 'm1', textContent: 'text of m1' }) },
      { n: 2, status: 'exists' },
    ]);
    expect(changes).toMatchObject([{ type: 'message', id: 'large', textContent: 'x'.repeat(3000) }]);
  });

  test.concurrent('[ST8, OP13, EL6] is invalid with pointers when it is faulty, and delays no other operation', async () => {
    const { phone } = await aBox();
    const faulty: [pointer: string, data: Record<string, unknown>][] = [
      ['/data/direction', { direction: undefined }],
      ['/data/messageContext', { messageContext: 'smoke-signal' }],
      ['/data/date', { date: '2026-02-28T09:00:00+01:00' }],
      ['/data/date', { date: '2026-02-30T09:00:00Z' }],
      ['/data/colour', { colour: 'blue' }],
      ['/data/payloadParts/0/size', { payloadParts: [{ contentType: 'a/b', size: -1, href: 'x:y' }] }],
      ['/data/to/1', { to: ['tel:+1', 'nobody'] }],
    ];
    const { results } = await phone.synchronize({
      operations: [...faulty.map(([, data]) => aMessage(data)), aMessage({ id: 'fine' })],
    });
    expect(results).toMatchObject([
      ...faulty.map(([pointer]) => ({
        status: 'invalid',
        problem: { errors: [{ pointer, detail: expect.any(String) }] },
      })),
      { status: 'applied' },
    ]);
  });

  test.concurrent('[EL3] of 64 KB as JSON is stored and returned whole, and a larger one is invalid', async () => {
    const { user, phone } = await aBox();
    const { results } = await user.deposit(
      aMessage({ id: 'large', textContent: 'x'.repeat(64 * 1024 - 500) }),
      aMessage({ id: 'larger', textContent: 'ü'.repeat(32 * 1024) }),
    );
    expect(results.map(({ status }) => status)).toEqual(['applied', 'invalid']);
    const { changes } = await phone.synchronize();
    expect(changes).toMatchObject([{ id: 'large', textContent: 'x'.repeat(64 * 1024 - 500) }]);
  });

  test.concurrent('[EL2] has an id of 128 bytes at most', async () => {
    const { user } = await aBox();
    const ids = ['x'.repeat(128), 'ü'.repeat(64), 'x'.repeat(129), '', 'a\n'];
    const { results } = await user.deposit(...ids.map((id) => aMessage({ id })));
    expect(results.map(({ status }) => status)).toEqual([
      'applied',
      'applied',
      'invalid',
      'invalid',
      'invalid',
    ]);
  });
});

describe('a message state', () => {
  test.concurrent('[ME5] is a sorted set of flags that can be added and removed', async () => {
    const { phone, tablet, modSeq } = await twoDevices();
    const change = (data: Parameters<typeof stateChange>[1]) =>
      phone.synchronize({ operations: [stateChange('m1', data)] });
    await change({ addFlags: ['work', '\\Seen', '$Forwarded', 'Work', '\\Seen'] });
    const state = { type: 'messageState', id: 'm1', conversationId: 'c1' };
    expect((await tablet.synchronize()).changes).toEqual([
      { ...state, modSeq: modSeq + 1, flags: ['$Forwarded', 'Work', '\\Seen', 'work'] },
    ]);
    await change({ addFlags: ['\\Flagged'], removeFlags: ['work', 'Work', 'never'] });
    expect((await tablet.synchronize()).changes).toEqual([
      { ...state, modSeq: modSeq + 2, flags: ['$Forwarded', '\\Flagged', '\\Seen'] },
    ]);
  });

  test.concurrent('[ME7] keeps the first time of a disposition for each participant', async () => {
    const { user, phone, modSeq } = await aBox();
    const report = (participant: string, disposition: string, at: string) => ({
      participant,
      disposition,
      at,
    });
    const first = report('tel:+15550101', 'delivered', '2026-02-28T09:00:01Z');
    const displayed = report('tel:+15550101', 'displayed', '2026-02-28T09:00:05Z');
    const other = report('tel:+15550102', 'delivered', '2026-02-28T09:00:02Z');
    await user.deposit(stateChange('m1', { dispositions: [first] }));
    const { results } = await user.deposit(
      stateChange('m1', { dispositions: [{ ...first, at: '2026-02-28T10:00:00Z' }, displayed, other] }),
      stateChange('m1', { dispositions: [displayed] }),
    );
    expect(results.map(({ status }) => status)).toEqual(['applied', 'unchanged']);
    const { changes } = await phone.synchronize();
    expect(changes).toMatchObject([{ type: 'messageState', id: 'm1', modSeq: modSeq + 2 }]);
    expect(changes[0]?.dispositions).toEqual(expect.arrayContaining([first, displayed, other]));
    expect(changes[0]?.dispositions).toHaveLength(3);
  });

  test.concurrent('[ST2] is unchanged, without a commit, when it already has the flags', async () => {
    const { user, phone, modSeq } = await aBox();
    expect(
      await statuses(
        phone,
        stateChange('m2', { addFlags: ['\\Seen'] }),
        stateChange('m2', { removeFlags: ['x'] }),
      ),
    ).toEqual(['unchanged', 'unchanged']);
    expect((await user.deposit(aMessage())).modSeq).toBe(modSeq + 1);
  });

  test.concurrent('[EL4] has at most 64 flags, and as many dispositions as fit into 64 KB', async () => {
    const { user } = await aBox();
    const flags = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => `flag${from + i}`);
    const reports = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({
        participant: `t:${from + i}`,
        disposition: 'delivered',
        at: '2026-02-28T09:00:00Z',
      }));
    const { results } = await user.deposit(
      stateChange('m1', { addFlags: flags(0, 64) }),
      stateChange('m1', { addFlags: flags(64, 65) }),
      stateChange('m1', { addFlags: flags(0, 65) }),
    );
    expect(results.map(({ status }) => status)).toEqual(['applied', 'invalid', 'invalid']);
    const more = await user.deposit(
      stateChange('m2', { dispositions: reports(0, 700) }),
      stateChange('m2', { dispositions: reports(700, 1001) }),
    );
    expect(more.results.map(({ status }) => status)).toEqual(['applied', 'invalid']);
  });

  test.concurrent('[ME3] stays at 64 flags when it is full and its message is answered', async () => {
    const { user, tablet } = await twoDevices();
    const full = Array.from({ length: 64 }, (_, i) => `flag${i}`);
    const { results } = await user.deposit(
      stateChange('m1', { addFlags: full }),
      aMessage({ id: 'reply', inReplyToMessageId: 'm1' }),
    );
    expect(results.map(({ status }) => status)).toEqual(['applied', 'applied']);
    const state = (await tablet.synchronize()).changes.find(({ type }) => type === 'messageState');
    expect(state?.flags).toHaveLength(64);
  });

  test.concurrent('[ME6] accepts the flags of the protocol and any keyword, and nothing else', async () => {
    const { phone } = await aBox();
    const known = ['\\Seen', '\\Answered', '\\Flagged', '\\Draft', '\\Deleted', '$Forwarded', '$MDNSent'];
    const fine = [...known, '\\read-report-sent', 'Anything-else'];
    const faulty = ['\\Unknown', 'two words', '', 'a\u0007'];
    const adding = (flag: string) => stateChange('m1', { addFlags: [flag] });
    expect(await statuses(phone, ...[...fine, ...faulty].map(adding))).toEqual([
      ...fine.map(() => 'applied'),
      ...faulty.map(() => 'invalid'),
    ]);
  });
});
