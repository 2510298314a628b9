import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Device, User, type WireChange } from '../support/cloud.js';
import { generatedMessages, type MessageLine } from '../support/generated-messages.js';
import { countOf } from '../support/told.js';

// Deposits 5,000 messages as a Participating Function: generated ones, or those of a file with one message a
// line: CPM_SYNC_MESSAGES=messages.jsonl npm test -- --selectProjects e2e -- five-thousand

const MESSAGES = 5000;
const BATCH = 50;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const file = process.env.CPM_SYNC_MESSAGES;
const user = new User();
const lines: readonly MessageLine[] = file
  ? readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  : generatedMessages({ seed: 11, user: user.id, messages: MESSAGES, conversations: 88 });

/** The id that the protocol recommends, computed only from its text. */
function recommendedId({ date, imdnMessageId }: MessageLine): string {
  const bits = (value: bigint, digits: number): string =>
    Array.from(
      { length: digits },
      (_, i) => CROCKFORD[Number((value >> BigInt(5 * (digits - 1 - i))) & 31n)],
    ).join('');
  const digest = createHash('sha256').update(imdnMessageId).digest('hex').slice(0, 10);
  return bits(BigInt(Date.parse(date)), 10) + bits(BigInt(`0x${digest}`), 8);
}

const attributesOf = ({ conversationId: _, participants: __, seen: ___, ...rest }: MessageLine) => ({
  ...rest,
  messageContext: 'pager-message',
  contentType: 'text/plain',
});
const conversationOf = ({ participants }: MessageLine) => ({
  kind: participants.length > 2 ? 'group' : 'oneToOne',
  participants,
});

/**
 * A number of days such that about half of the messages are younger, and that no message reaches this age
 * during the test.
 */
function daysOfYoungerHalf(nowMs: number): number {
  const dates = lines.map(({ date }) => Date.parse(date)).sort((a, b) => a - b);
  for (let days = Math.floor((nowMs - (dates[dates.length / 2] ?? 0)) / DAY_MS); ; days++) {
    const limitMs = nowMs - days * DAY_MS;
    if (!dates.some((at) => Math.abs(at - limitMs) < 10 * MINUTE_MS)) return days;
  }
}

/** The expected elements after the deposit of these lines into an empty box, with these commit numbers. */
function expectedOf(modSeqs: readonly number[], isKept: (line: MessageLine) => boolean) {
  const conversations = new Map<string, object>();
  const contents: object[] = [];
  for (const [i, line] of lines.entries()) {
    const { conversationId } = line;
    const modSeq = modSeqs[i];
    if (!conversations.has(conversationId)) {
      const common = { type: 'conversationHistory', id: conversationId, modSeq, createdModSeq: modSeq };
      conversations.set(conversationId, { ...common, folderId: 'default', ...conversationOf(line) });
    }
    if (!isKept(line)) continue;
    const of = { id: recommendedId(line), modSeq, conversationId };
    contents.push({ type: 'message', ...of, ...attributesOf(line) });
    if (line.seen) contents.push({ type: 'messageState', ...of, flags: ['\\Seen'] });
  }
  const folders = ['default', 'RCSMessageStore'].map((id) => ({
    type: 'folder',
    id,
    modSeq: 1,
    name: id,
    parentFolderId: null,
  }));
  return { folders, conversations: [...conversations.values()], contents };
}

const byText = (a: string, b: string) => (a < b ? -1 : 1);
/** Elements as sorted JSON, to compare all at once. */
const sorted = (elements: readonly object[]): string[] =>
  elements.map((each) => JSON.stringify(Object.entries(each).sort(([a], [b]) => byText(a, b)))).sort(byText);

describe('after the deposit of 5,000 messages', () => {
  const modSeqs: number[] = [];
  const nowMs = Date.now();
  const days = daysOfYoungerHalf(nowMs);
  const young = { elementTypes: ['message', 'messageState'], maxMessageAgeDays: days };
  const isYoung = ({ date }: MessageLine) => nowMs - Date.parse(date) <= days * DAY_MS;
  let follower: Device;
  const followed: WireChange[] = [];

  beforeAll(async () => {
    follower = await user.device('follower', young);
    for (let from = 0; from < lines.length; from += BATCH) {
      if (from % (20 * BATCH) === 0) followed.push(...(await follower.synchronize({ limit: 1000 })).changes);
      const batch = lines.slice(from, from + BATCH).map((line) => ({
        op: 'create',
        type: 'message',
        id: recommendedId(line),
        conversationId: line.conversationId,
        data: attributesOf(line),
        conversation: conversationOf(line),
        ...(line.seen && { flags: ['\\Seen'] }),
      }));
      for (let rest: object[] = batch; rest.length > 0; ) {
        const { results } = await user.deposit(...rest);
        for (const { status, modSeq = 0 } of results) {
          if (status !== 'applied') throw new Error(`a message was ${status}`);
          modSeqs.push(modSeq);
        }
        rest = rest.slice(results.length);
      }
    }
  }, 180_000);

  test('the box has all of them, in many conversations, and about half of them are young', () => {
    expect([lines.length, modSeqs.length]).toEqual([MESSAGES, MESSAGES]);
    expect(new Set(lines.map(({ conversationId }) => conversationId)).size).toBe(88);
    expect(lines.filter(isYoung).length).toBeGreaterThan(MESSAGES * 0.45);
    expect(lines.filter(isYoung).length).toBeLessThan(MESSAGES * 0.55);
  });

  test('[SC1, SY2, BF1, EL1] a device that keeps everything receives all messages as deposited, newest first', async () => {
    const phone = await user.device('phone');
    const { changes } = await phone.synchronize({ limit: 1000 });
    const { folders, conversations, contents } = expectedOf(modSeqs, () => true);
    expect(sorted(changes)).toEqual(sorted([...folders, ...conversations, ...contents]));
    const perPage = phone.pages.map((page) => countOf(page.changes));
    expect(Math.max(...perPage)).toBeLessThanOrEqual(1000);
    const last = new Map<string, string>();
    for (const { id, conversationId = '' } of changes.filter(({ type }) => type === 'message')) {
      expect(id < (last.get(conversationId) ?? '~')).toBe(true);
      last.set(conversationId, id);
    }
    await phone.synchronize();
    expect(Object.keys(phone.pages.at(-1) ?? {})).toEqual(['syncToken']);
  });

  test('[SC1, SC2, SC5] a device that keeps young messages and their states holds exactly these', async () => {
    const tablet = await user.device('tablet', young);
    const { changes } = await tablet.synchronize({ limit: 1000 });
    expect(sorted(changes)).toEqual(sorted(expectedOf(modSeqs, isYoung).contents));
  });

  test('[SC5, SY14, SY15] a device that synchronized during the deposit holds the same', async () => {
    followed.push(...(await follower.synchronize({ limit: 1000 })).changes);
    expect(sorted(followed)).toEqual(sorted(expectedOf(modSeqs, isYoung).contents));
  });

  test('[SC7, SC8] that device receives exactly the missing elements when it then keeps everything', async () => {
    await follower.register({});
    const { changes } = await follower.synchronize({ limit: 1000 });
    const { folders, conversations, contents } = expectedOf(modSeqs, (line) => !isYoung(line));
    expect(sorted(changes)).toEqual(sorted([...folders, ...conversations, ...contents]));
  });
});
