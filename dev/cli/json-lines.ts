const NEWLINE = 0x0a;

/** A line with its value, or with what is wrong with it. `end`: offset after the line. Unit: bytes. */
export type Line = { number: number; end: number } & ({ value: unknown } | { fault: string });

/**
 * Reads JSON lines as they arrive; at most one line is in memory. Empty lines are skipped, but counted.
 * A line that is longer than `maxBytes`, not UTF-8 or not JSON is yielded as a fault.
 */
export async function* readJsonLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let bytes = 0; // of this line
  let end = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      bytes += at;
      end += bytes + 1;
      yield* lineOf({ number, end }, [...parts, rest.subarray(0, at)], bytes > maxBytes, maxBytes);
      rest = rest.subarray(at + 1);
      number += 1;
      parts = [];
      bytes = 0;
    }
    bytes += rest.length;
    // A line that is too long is a fault, so its bytes are not needed.
    parts = bytes > maxBytes ? [] : [...parts, rest];
  }
  yield* lineOf({ number, end: end + bytes }, parts, bytes > maxBytes, maxBytes);
}

function* lineOf(
  at: { number: number; end: number },
  parts: Uint8Array[],
  tooLong: boolean,
  maxBytes: number,
): Generator<Line> {
  if (tooLong) return yield { ...at, fault: `must not be longer than ${maxBytes} bytes` };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
    if (text.trim() === '') return;
    yield { ...at, value: JSON.parse(text) };
  } catch (error) {
    yield { ...at, fault: error instanceof SyntaxError ? 'must be JSON' : 'must be UTF-8' };
  }
}
