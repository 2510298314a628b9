/**
 * What has to happen in the runs of a test, so that the model does not silently stop trying it. Unit: times in 2,000
 * runs, at the least; far below what they make today.
 */
export const LEAST = {
  // What was answered.
  'result applied': 20000,
  'result unchanged': 1000,
  'result exists': 7000,
  'result conflict': 700,
  'result gone': 2000,
  'result notFound': 10000,
  'result parentNotFound': 20000,
  'result invalid': 800,
  'result forbidden': 100,
  'result duplicate': 1000,
  'problem busy': 30,
  'problem device-not-registered': 200,
  'problem instance-replaced': 200,
  'problem operation-gap': 60,
  'problem operation-mismatch': 6,

  // What became of requests and answers.
  'request lost, as when a client stops between storing it and sending it': 2000,
  'answer lost': 1000,
  'answer taken though its request was sent again': 600,
  'no answer from the server': 2000,
  'request delivered twice at once': 2000,
  'earlier request sent again': 1000,
  'earlier request sent again, and its results were kept': 300,
  'earlier request sent again, and its results were not kept': 400,
  'deposit sent again': 900,
  'own changes left out of an answer': 7000,
  'page of one element': 1000,
  'answer with less than there was room for, and more to come': 1000,

  // Devices.
  'device reinstalled': 300,
  'device revoked': 200,
  'local database put back': 30,
  'token of another device': 200,
  'token damaged': 100,
  'scope changed in the middle of a backfill': 70,
  'conversation history left the scope': 500,

  // Together.
  'two devices and the Participating Function at once': 200,
  'container deleted while being written to': 50,
  'container deleted while being backfilled': 90,
  'conversation history begun anew': 50,
  'folder moved': 400,
  'folder deleted': 50,
  'cleared away in pieces': 4,
  'commit whose write was not answered': 1000,

  // The provider, time, and the past.
  'policy changed': 300,
  'box restored': 50,
  'rows of the log removed, as they had expired': 100,
  'reset unknownToken': 600,
  'reset otherTimeline': 40,
  'reset expired': 100,
  'reset scopesForgotten': 20,
} as const;

export type Happening = keyof typeof LEAST;

/** How often each thing happened. */
export type Happened = Partial<Record<Happening, number>>;

export function addHappened(sum: Happened, more: Happened): void {
  for (const [name, times = 0] of Object.entries(more) as [Happening, number][]) {
    sum[name] = (sum[name] ?? 0) + times;
  }
}

/** What happened less often than it has to in so many runs. Few runs prove nothing, and have to show nothing. */
export const missedIn = (
  happened: Readonly<Record<string, number>>,
  runs: number,
  leastOf: Readonly<Record<string, number>> = LEAST,
): string[] =>
  Object.entries(leastOf)
    .map(([name, least]) => ({ name, least: Math.floor((least * runs) / 2000), times: happened[name] ?? 0 }))
    .filter(({ least, times }) => times < least)
    .map(({ name, least, times }) => `${name}: ${times} times, expected ${least}`);
