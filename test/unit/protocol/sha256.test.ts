import { createHash } from 'node:crypto';
import { sha256 } from '../../../protocol/sha256.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('hashes what FIPS 180-4 gives as examples', () => {
  expect(hex(sha256(Buffer.from('abc')))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  expect(hex(sha256(Buffer.from('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')))).toBe(
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
});

test('hashes messages of every length up to 300 bytes as Node does', () => {
  for (let length = 0; length <= 300; length++) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 131 + length * 7) & 0xff);
    expect(hex(sha256(message))).toBe(createHash('sha256').update(message).digest('hex'));
  }
});

test('its constants are far from where rounding, which engines do differently, would change them', () => {
  const primes = [2];
  for (let n = 3; primes.length < 64; n += 2) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const distances = primes
    .flatMap((prime, i) => (i < 8 ? [Math.sqrt(prime), Math.cbrt(prime)] : [Math.cbrt(prime)]))
    .map((root) => (root * 2 ** 32) % 1)
    .map((rest) => Math.min(rest, 1 - rest));
  // An error of one in the last place of a root is 2^-18 here.
  expect(Math.min(...distances)).toBeGreaterThan(2 ** -14);
});
