import {
  BACKUP_SPREAD_MS,
  CLOCK_SKEW_MS,
  DAY_MS,
  ENTRY_MS,
  FORMER_INSTANCE_MS,
  FUNCTION_MAX_SECONDS,
  LEFT_LYING_MS,
  OPENING_MS,
  OVERDUE_MS,
  QUEUE_BACKOFF_SECONDS,
  SETTLE_SECONDS,
  STREAM_RETENTION_MS,
  TIMER_MS,
  TIMER_OLD_MS,
  TIMER_RENEWED_MS,
  TOMBSTONE_MS,
  TTL_DELAY_MS,
  YOUNG_CONNECTION_MS,
} from '../../../../core/model/timing.js';
import { waitSeconds } from '../../../../functions/runtime/batch/queue-backoff.js';

/** Deliveries after which a push message goes to the dead-letter queue. */
const DELIVERIES_MAX = 5;

describe('what is deleted is remembered', () => {
  test('longer than a device can synchronize from the log', () => {
    expect(TOMBSTONE_MS).toBeGreaterThan(ENTRY_MS);
  });

  test('as long as the idempotency record of a replaced instance', () => {
    expect(FORMER_INSTANCE_MS).toBeGreaterThanOrEqual(TOMBSTONE_MS);
  });
});

describe('the newest entry is copied into the anchor before it expires', () => {
  test('when the quiet timer fires as late as the database and the stream allow', () => {
    expect(TIMER_MS + TTL_DELAY_MS + STREAM_RETENTION_MS).toBeLessThan(ENTRY_MS);
  });

  test('when writers fail after they renewed the timer', () => {
    expect(TIMER_RENEWED_MS).toBeLessThan(TIMER_OLD_MS);
    expect(TIMER_OLD_MS + TIMER_MS + TTL_DELAY_MS + STREAM_RETENTION_MS).toBeLessThan(ENTRY_MS);
  });
});

describe('no function runs into what another one cleans up', () => {
  test('when a purge starts or forgets a container', () => {
    expect(SETTLE_SECONDS).toBeGreaterThan(FUNCTION_MAX_SECONDS);
  });

  test('when an entry is left to its writer, which is faster than a minute', () => {
    expect(LEFT_LYING_MS).toBeLessThan(FUNCTION_MAX_SECONDS * 1000);
  });
});

describe('a restore is noticed', () => {
  test('though clocks differ, since one backup is spread over a longer time', () => {
    expect(CLOCK_SKEW_MS).toBeLessThan(BACKUP_SPREAD_MS);
    expect(BACKUP_SPREAD_MS).toBeLessThan(DAY_MS);
  });
});

describe('a push is not lost while a connection opens', () => {
  test('when the first message is sent as soon as the connection can be used', () => {
    expect(OPENING_MS).toBeLessThan(YOUNG_CONNECTION_MS);
  });

  test('when the message is retried until the connection counts as gone, before the dead-letter queue gets it', () => {
    const retries = Array.from({ length: DELIVERIES_MAX - 1 }, (_, i) => waitSeconds(i + 1, 0));
    expect(retries).toEqual(QUEUE_BACKOFF_SECONDS.slice(0, DELIVERIES_MAX - 1));
    const totalMs = retries.reduce((sum, seconds) => sum + seconds, 0) * 1000;
    expect(totalMs).toBeGreaterThan(YOUNG_CONNECTION_MS);
    expect(totalMs).toBeGreaterThan(OVERDUE_MS);
  });
});
