// The contents of a new local cloud. All of it is invented.

/** The user of the sample: a tel URI. */
export const SAMPLE_USER = 'tel:+15550100';

/** The devices of that user. */
export const SAMPLE_DEVICES = [
  { deviceId: 'phone', name: 'Phone', instanceId: 'sample-phone' },
  { deviceId: 'tablet', name: 'Tablet', instanceId: 'sample-tablet' },
] as const;

/** A text message. */
interface SampleMessage {
  /** RFC 3339, UTC. */
  readonly date: string;
  readonly from: string;
  readonly text: string;
  readonly seen: boolean;
}

/** A conversation with its messages, oldest first. */
export interface SampleConversation {
  readonly id: string;
  readonly kind: 'oneToOne' | 'group';
  readonly subject?: string;
  readonly participants: readonly string[];
  readonly messages: readonly SampleMessage[];
}

const MAYA = 'tel:+15550101';
const JONAS = 'tel:+15550102';
const BAKERY = 'tel:+15550103';

const message = (from: string, date: string, text: string, seen = true): SampleMessage => ({
  from,
  date,
  text,
  seen,
});

/** The conversations of that user. */
export const SAMPLE_CONVERSATIONS: readonly SampleConversation[] = [
  {
    id: 'sample-maya',
    kind: 'oneToOne',
    participants: [SAMPLE_USER, MAYA],
    messages: [
      message(MAYA, '2026-09-04T16:02:11.000Z', 'Are you still up for the lake on Saturday?'),
      message(SAMPLE_USER, '2026-09-04T16:05:40.000Z', 'Yes! I can take the 9:20 train.'),
      message(
        MAYA,
        '2026-09-04T16:06:02.000Z',
        'Perfect, I will bring the thermos. Swimming things too, it stays warm.',
      ),
      message(SAMPLE_USER, '2026-09-04T16:07:30.000Z', 'You swim, I guard the cake.'),
      message(MAYA, '2026-09-05T07:48:55.000Z', 'Platform 4 today, they moved it. See you there 🚆', false),
    ],
  },
  {
    id: 'sample-garden',
    kind: 'group',
    subject: 'Garden crew',
    participants: [SAMPLE_USER, MAYA, JONAS],
    messages: [
      message(JONAS, '2026-09-02T18:30:00.000Z', 'The tomatoes are taking over. Who wants some?'),
      message(MAYA, '2026-09-02T18:31:12.000Z', 'Me! I still have jars from last year.'),
      message(SAMPLE_USER, '2026-09-02T18:40:25.000Z', 'A bag for me too, please. I owe you a pie.'),
      message(JONAS, '2026-09-02T18:41:03.000Z', 'Two bags, one pie. Deal.'),
      message(
        JONAS,
        '2026-09-05T09:15:47.000Z',
        'Watering plan for next week: Maya Monday, me Thursday. Weekend is open.',
        false,
      ),
    ],
  },
  {
    id: 'sample-bakery',
    kind: 'oneToOne',
    participants: [SAMPLE_USER, BAKERY],
    messages: [
      message(
        BAKERY,
        '2026-09-03T08:00:00.000Z',
        'Good morning! Your order of two loaves is ready from 10 o’clock.',
      ),
      message(SAMPLE_USER, '2026-09-03T08:12:19.000Z', 'Thank you, I will come by at noon.'),
      message(
        BAKERY,
        '2026-09-05T08:00:00.000Z',
        'This week’s loaf is walnut and pear. Shall we put one aside for you?',
        false,
      ),
    ],
  },
];
