import {
  LAMBDA_RESPONSE_MAX_BYTES,
  RESPONSE_MAX_BYTES,
  RETURNED_GROWTH_MAX,
  RETURNED_MAX_BYTES,
  returnedBytes,
} from '../../../../core/model/response-limit.js';
import { ELEMENT_MAX_BYTES } from '../../../../protocol/limits.js';

const HEADERS_BYTES = 64 * 1024; // more than all headers of a response

test('a response within its limit fits into what Lambda takes, with headers and one element more', () => {
  const returned = RETURNED_GROWTH_MAX * (RESPONSE_MAX_BYTES + ELEMENT_MAX_BYTES) + HEADERS_BYTES;
  expect(returned).toBeLessThan(LAMBDA_RESPONSE_MAX_BYTES);
  expect(RETURNED_MAX_BYTES + HEADERS_BYTES).toBeLessThan(LAMBDA_RESPONSE_MAX_BYTES);
});

test.each(['"'.repeat(1000), '\\'.repeat(1000), '\n\u2028é😀'.repeat(1000), '\ud800'.repeat(1000)])(
  'a body at most doubles when it is returned (%#)',
  (text) => {
    const body = { text };
    const bytes = Buffer.byteLength(JSON.stringify(body));
    expect(returnedBytes(body)).toBeGreaterThan(bytes);
    expect(returnedBytes(body)).toBeLessThanOrEqual(RETURNED_GROWTH_MAX * bytes + 2);
  },
);
