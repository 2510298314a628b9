import type { RetryOptions } from '../ports/retry.js';

/** For changes of a device record under the condition that it is as it was read. */
export const DEVICE_RETRIES: RetryOptions = {
  attempts: 5,
  exhausted: () => new Error('the device record changed during each attempt'),
};
