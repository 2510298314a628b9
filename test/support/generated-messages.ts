/** One line of a file with records of the Participating Function. */
export interface MessageLine {
  readonly conversationId: string;
  readonly participants: readonly string[];
  readonly direction: 'In' | 'Out';
  readonly from: string;
  readonly to: readonly string[];
  readonly date: string;
  readonly imdnMessageId: string;
  readonly textContent: string;
  readonly seen?: boolean;
}

const OPENINGS = [
  'Hi',
  'Good morning',
  'Hey',
  'So',
  'By the way',
  'Wait',
  'Salut',
  'Moin',
  '早上好',
  'مرحبا',
  'שלום',
];
const MIDDLES = [
  'the ferry leaves at half past six',
  'I left the key under the blue pot',
  'nobody has watered the basil',
  'der Kuchen ist schon aufgegessen',
  'on se retrouve devant la gare ?',
  'the plumber says Thursday, or never',
  'كان الاجتماع طويلا اليوم',
  'הכביסה עדיין רטובה',
  'вода в озере уже тёплая',
  '雨が降りそうです',
  'your parcel is at the bakery "Zum Ofen"',
  'a\ttab, a "quote", a \\backslash and a </tag>',
];
const ENDINGS = ['', '.', '!', ' 😀', ' 👩‍👩‍👧‍👦🚲', ' 🏳️‍🌈', ' …', '\n– sent while walking', ' <3', '?!'];
const SHORT = ['', ' ', '.', '👍', 'ok', '\u200f', 'ÿ'];

const APART_MS = 12_500_000; // three hours and a half, so that the time of day varies
const BEGIN_MS = Date.parse('2025-01-06T06:00:00.000Z');

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Realistic text messages of a user. Some conversations have many messages and many have few. There are
 * groups, several scripts, emoji, long and nearly empty texts, and messages of the same moment. Each has its
 * own imdnMessageId.
 */
export function generatedMessages(options: {
  seed: number;
  user: string;
  messages: number;
  conversations: number;
}): MessageLine[] {
  const { seed, user, messages, conversations } = options;
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const one = <T>(all: readonly T[]): T => all[below(all.length)] as T;
  const text = (): string => {
    const kind = random();
    if (kind < 0.06) return one(SHORT);
    const sentence = () => `${one(OPENINGS)}, ${one(MIDDLES)}${one(ENDINGS)}`;
    return kind < 0.97 ? sentence() : Array.from({ length: 20 + below(60) }, sentence).join(' ');
  };
  const groups = Array.from({ length: conversations }, (_, i) => ({
    conversationId: `conversation-${seed}-${i}`,
    others: Array.from({ length: i % 5 === 4 ? 2 + below(6) : 1 }, (_, k) => `tel:+1555${1000 + i * 10 + k}`),
  }));
  return Array.from({ length: messages }, (_, i) => {
    // First one message for each conversation, then mostly messages for the first conversations.
    const group = groups[i < conversations ? i : Math.floor(conversations * random() ** 2)] ?? groups[0];
    const { conversationId = '', others = [] } = group ?? {};
    const isOut = random() < 0.45;
    const from = isOut ? user : one(others);
    const dateMs = BEGIN_MS + Math.floor(i / 3) * APART_MS + (i % 3 === 1 ? 0 : below(60_000));
    return {
      conversationId,
      participants: [user, ...others],
      direction: isOut ? 'Out' : 'In',
      from,
      to: [user, ...others].filter((uri) => uri !== from),
      date: new Date(dateMs).toISOString(),
      imdnMessageId: `imdn-${seed}-${i}`,
      textContent: text(),
      ...((isOut || random() < 0.7) && { seen: true }),
    };
  });
}
