import * as z from 'zod/mini';
import { type Answer, gatewayAnswer, jsonAnswer } from './answer.js';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const responseSchema = z.looseObject({
  statusCode: z.union([z.int(), z.string().check(z.regex(/^\d{3}$/))]),
  headers: z.optional(z.nullable(z.record(z.string(), scalar))),
  body: z.optional(z.nullable(z.string())),
  isBase64Encoded: z.optional(z.nullable(z.boolean())),
  cookies: z.optional(z.nullable(z.array(z.string()))),
});

/** The answer for a function that failed. */
export const integrationFailed = gatewayAnswer(500, 'Internal Server Error');

/**
 * Makes an answer of the result of a function (payload format 2.0). A result without `statusCode` is the body itself.
 */
export function functionAnswer(result: unknown): Answer {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    return typeof result === 'string' ? { ...jsonAnswer(200, ''), body: result } : jsonAnswer(200, result);
  }
  const parsed = responseSchema.safeParse(result);
  if (!parsed.success) return integrationFailed;
  const { statusCode, headers, body, isBase64Encoded, cookies } = parsed.data;
  const named = Object.entries(headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  const { 'content-length': _ours, ...given } = Object.fromEntries(named);
  return {
    status: Number(statusCode),
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...given,
      ...(cookies && cookies.length > 0 && { 'set-cookie': cookies }),
    },
    body: isBase64Encoded ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
}
