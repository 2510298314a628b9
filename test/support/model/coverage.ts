/**
 * Events that must happen in the runs of a test, so that the model does not silently stop trying them. Unit:
 * times in 2,000 runs, at the least. The current numbers are far higher.
 */
const LEAST = {
  // Results of operations.
  'result applied': 20_000,
  'result unchanged': 1_000,
  'result exists': 6_000,
  'result conflict': 500,
  'result gone': 1_000,
  'result notFound': 10_000,
  'result parentNotFound': 20_000,
  'result invalid': 600,
  'result forbidden': 100,
  'result duplicate': 1000,
  'problem device-not-registered': 200,
  'problem instance-replaced': 100,
  'problem operation-gap': 50,
  'problem operation-mismatch': 9,

  // Outcomes of requests and answers.
  'request lost, as when a client stops between storing it and sending it': 1_000,
  'answer lost': 1_000,
  'answer taken though its request was sent again': 500,
  'no answer from the server': 1_000,
  'request delivered twice at once': 1_000,
  'earlier request sent again': 1_000,
  'earlier request sent again, and its results were kept': 200,
  'earlier request sent again, and its results were not kept': 400,
  'deposit sent again': 700,
  'own changes left out of an answer': 5_000,
  'page of one element': 1_000,
  'full answer shared by live changes and a backfill': 100,
  'answer with less than there was room for, and more to come': 1_000,

  // Devices.
  'device reinstalled': 300,
  'instance registered again': 30,
  'device revoked': 200,
  'local database put back': 50,
  'token of another device': 100,
  'token damaged': 100,
  'scope narrowed in the middle of a backfill': 10,
  'scope widened in the middle of a backfill': 8,
  'told the difference of two scopes': 1_000,
  'token of another box': 90,
  'history asked for': 3_000,
  'history not found': 800,
  'history older than the scope': 300,
  'conversation history left the scope': 400,

  // Concurrent actors.
  'three write at once': 80,
  'container deleted while being written to': 20,
  'container deleted while being backfilled': 50,
  'conversation history begun anew': 500,
  'folder moved': 400,
  'folder deleted': 50,
  'clearing away stopped midway': 1,
  'conversation history moved': 300,
  'cleared away in pieces': 100,
  'commit whose write was not answered': 1_000,

  // The provider, time, and restores.
  'policy changed': 300,
  'policy assigned to the box': 100,
  'policy assigned to a device': 100,
  'days passed': 300,
  'retention set': 100,
  'elements that have expired noted': 20,
  'result quotaExceeded': 200,
  'box restored': 40,
  'what was deleted forgotten, long after': 30,
  'entries of the log removed, as they had expired': 200,
  'entry applied by the reader of the stream': 20_000,
  'newest entry kept in the anchor': 50,
  'function killed': 500,
  'box restored torn': 20,
  'reset unknownToken': 600,
  'reset otherTimeline': 20,
  'reset expired': 100,
  'reset scopesForgotten': 20,
  'reset typesDropped': 8,
} as const;

export type Happening = keyof typeof LEAST;

/** The number of times that each event happened. */
export type Happened = Partial<Record<Happening, number>>;

/** Adds the counts of `more` to `sum`. */
export function addHappened(sum: Happened, more: Happened): void {
  for (const [name, times = 0] of Object.entries(more) as [Happening, number][]) {
    sum[name] = (sum[name] ?? 0) + times;
  }
}

/**
 * The events that happened less often than required for this many runs. Small numbers of runs require
 * nothing.
 */
export const missedIn = (
  happened: Readonly<Record<string, number>>,
  runs: number,
  leastOf: Readonly<Record<string, number>> = LEAST,
): string[] =>
  Object.entries(leastOf)
    .map(([name, least]) => ({ name, least: Math.floor((least * runs) / 2000), times: happened[name] ?? 0 }))
    .filter(({ least, times }) => times < least)
    .map(({ name, least, times }) => `${name}: ${times} times, expected ${least}`);
