import type { Element } from '../../protocol/elements/element.js';

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * The element with a text of at most `maxBytes` bytes of UTF-8. A longer text is cut between characters, and the element
 * has `textTruncated`.
 */
export function truncated<E extends Element>(element: E, maxBytes: number): E {
  if (element.type !== 'message' || element.textContent === undefined) return element;
  // A UTF-16 unit takes at most three bytes, so most texts need no encoding to be found short enough.
  if (element.textContent.length * 3 <= maxBytes) return element;
  const bytes = Buffer.from(element.textContent);
  if (bytes.length <= maxBytes) return element;
  let end = maxBytes;
  while (end > 0 && isContinuation(bytes[end])) end--;
  return { ...element, textContent: bytes.toString('utf8', 0, end), textTruncated: true };
}
