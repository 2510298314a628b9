const WORD_BITS = 2 ** 32;

/** The first 32 bits of the fractions of roots of the first primes, which SHA-256 takes as its constants. */
function fractions(count: number, root: (prime: number) => number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes.map((prime) => ((root(prime) % 1) * WORD_BITS) | 0);
}

const START = fractions(8, Math.sqrt);
const ROUNDS = fractions(64, Math.cbrt);

const turned = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

/**
 * Computes SHA-256 synchronously, for short messages. A package for it would take a tenth of the client's size limit.
 * The function of the platform is asynchronous, and React Native has none.
 * Source: FIPS 180-4.
 */
export function sha256(message: Uint8Array): Uint8Array {
  const padded = new DataView(new ArrayBuffer(((message.length + 72) >> 6) << 6));
  new Uint8Array(padded.buffer).set(message);
  padded.setUint8(message.length, 0x80);
  padded.setUint32(padded.byteLength - 8, Math.floor(message.length / 2 ** 29));
  padded.setUint32(padded.byteLength - 4, message.length << 3);

  const hash = [...START];
  const words: number[] = [];
  for (let block = 0; block < padded.byteLength; block += 64) {
    let [a, b, c, d, e, f, g, h] = hash as [number, number, number, number, number, number, number, number];
    for (const [i, constant] of ROUNDS.entries()) {
      words[i] = i < 16 ? padded.getInt32(block + 4 * i) : scheduled(words, i);
      const choice = (e & f) ^ (~e & g);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const first =
        h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + constant + (words[i] as number);
      const second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) hash[i] = ((hash[i] as number) + word) | 0;
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (const [i, word] of hash.entries()) digest.setInt32(4 * i, word);
  return new Uint8Array(digest.buffer);
}

function scheduled(words: readonly number[], i: number): number {
  const back = (distance: number): number => words[i - distance] as number;
  const first = turned(back(15), 7) ^ turned(back(15), 18) ^ (back(15) >>> 3);
  const second = turned(back(2), 17) ^ turned(back(2), 19) ^ (back(2) >>> 10);
  return (back(16) + first + back(7) + second) | 0;
}
