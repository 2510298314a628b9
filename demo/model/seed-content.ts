import { AMARA, BAKERY, JONAS, MAYA, PRIYA, TICKER, WEATHER } from './people.js';

/** A message of the seed. `from` absent: the user sent it. */
interface SeedMessage {
  readonly minutesAgo: number;
  readonly from?: string;
  readonly text: string;
  readonly unread?: true;
  readonly flagged?: true;
  readonly reported?: 'delivered' | 'displayed'; // by the recipients of the user's message
}

export interface SeedConversation {
  readonly id: string;
  readonly folderId: string;
  readonly subject?: string;
  readonly with: readonly string[];
  readonly messages: readonly SeedMessage[];
}

export const SEED_FOLDERS = [
  { id: 'family', name: 'Family' },
  { id: 'work', name: 'Work' },
  { id: 'updates', name: 'Updates' },
] as const;

export const RACE_DAY = 'race-day';

const HOUR = 60;
const DAY = 24 * HOUR;
const SKIES = ['sunny', 'light rain', 'cloudy, dry', 'fog until ten', 'clear and windy', 'showers'] as const;

/** One message per day for half a year, so that the age limit of a scope has an effect. */
const FORECASTS: readonly SeedMessage[] = Array.from({ length: 180 }, (_, i) => {
  const day = 180 - i;
  const degrees = Math.round(13 + 9 * Math.sin(day / 29) + ((day * 7) % 5));
  const sky = SKIES[(day * 5) % SKIES.length];
  return {
    minutesAgo: day * DAY - 5 * HOUR,
    from: WEATHER,
    text: `Good morning! Today in Riverside: ${sky}, up to ${degrees} °C.`,
    ...(day === 1 && { unread: true as const }),
  };
});

export const SEED: readonly SeedConversation[] = [
  {
    id: 'weather',
    folderId: 'updates',
    with: [WEATHER],
    messages: FORECASTS,
  },
  {
    id: RACE_DAY,
    folderId: 'updates',
    subject: 'Race day live',
    with: [TICKER, AMARA],
    messages: [
      { minutesAgo: 3 * DAY, from: TICKER, text: 'Half marathon on Sunday: we post every split here.' },
      { minutesAgo: 2 * DAY, from: AMARA, text: 'Wish me luck. Under two hours would be a dream!' },
      {
        minutesAgo: 2 * DAY - 20,
        text: 'We will be at kilometre 15 with the cowbell.',
        reported: 'displayed',
      },
    ],
  },
  {
    id: 'bakery',
    folderId: 'default',
    with: [BAKERY],
    messages: [
      { minutesAgo: 9 * DAY, from: BAKERY, text: 'Your two loaves are ready from ten o’clock.' },
      { minutesAgo: 9 * DAY - 12, text: 'Thank you, I will come by at noon.', reported: 'displayed' },
      {
        minutesAgo: 26 * HOUR,
        from: BAKERY,
        text: 'This week’s loaf is walnut and pear. Shall we put one aside for you?',
        unread: true,
      },
    ],
  },
  {
    id: 'priya',
    folderId: 'work',
    with: [PRIYA],
    messages: [
      { minutesAgo: 40 * DAY, from: PRIYA, text: 'Kick-off is done. The notes are in the shared folder.' },
      { minutesAgo: 40 * DAY - 30, text: 'Great start, thanks for driving it.', reported: 'displayed' },
      {
        minutesAgo: 28 * HOUR,
        from: PRIYA,
        text: 'Can you look over the migration plan before Thursday?',
        flagged: true,
      },
      { minutesAgo: 27 * HOUR, text: 'Yes, I will read it tonight.', reported: 'displayed' },
      {
        minutesAgo: 5 * HOUR,
        from: PRIYA,
        text: 'Perfect. Section 4 is the one that worries me.',
        unread: true,
      },
    ],
  },
  {
    id: 'garden',
    folderId: 'family',
    subject: 'Garden crew',
    with: [MAYA, JONAS],
    messages: [
      { minutesAgo: 4 * DAY, from: JONAS, text: 'The tomatoes are taking over. Who wants some?' },
      { minutesAgo: 4 * DAY - 1, from: MAYA, text: 'Me! I still have jars from last year.' },
      { minutesAgo: 4 * DAY - 9, text: 'A bag for me too, please. I owe you a pie.', reported: 'displayed' },
      { minutesAgo: 4 * DAY - 10, from: JONAS, text: 'Two bags, one pie. Deal.' },
      {
        minutesAgo: 3 * HOUR,
        from: JONAS,
        text: 'Watering next week: Maya Monday, me Thursday. Weekend is open.',
        unread: true,
      },
      { minutesAgo: 2 * HOUR, from: MAYA, text: 'I can do Saturday as well.', unread: true },
    ],
  },
  {
    id: 'maya',
    folderId: 'default',
    with: [MAYA],
    messages: [
      { minutesAgo: 26 * HOUR, from: MAYA, text: 'Are you still up for the lake on Saturday?' },
      { minutesAgo: 26 * HOUR - 4, text: 'Yes! I can take the 9:20 train.', reported: 'displayed' },
      {
        minutesAgo: 26 * HOUR - 5,
        from: MAYA,
        text: 'Perfect, I will bring the thermos. Swimming things too, it stays warm.',
      },
      { minutesAgo: 26 * HOUR - 7, text: 'You swim, I guard the cake.', reported: 'delivered' },
      { minutesAgo: 22, from: MAYA, text: 'Platform 4 today, they moved it. See you there!', unread: true },
    ],
  },
];
