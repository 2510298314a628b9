import type { IncomingMessage } from 'node:http';
import { type Answer, jsonAnswer } from '../http/answer.js';
import { LocalCloudProblem } from '../problem.js';
import { readBody } from '../services/read-body.js';
import { FunctionError } from './function-error.js';
import type { Functions } from './functions.js';

const PATH = /^\/dev\/invoke\/([A-Za-z0-9]+)$/;
const MAX_EVENT_BYTES = 6 * 1024 * 1024; // Lambda's

/**
 * `POST /dev/invoke/OrdersFunction` with an event as its body answers the result of the function. Undefined for any
 * other path. Web pages of other origins cannot use it: JSON needs a preflight, and only the API answers preflights.
 */
export async function invokeRoute(
  functions: Functions,
  req: IncomingMessage,
  path: string,
): Promise<Answer | undefined> {
  const [, name] = PATH.exec(path) ?? [];
  if (name === undefined) return undefined;
  if (req.method !== 'POST') return fault(405, 'the method must be POST');
  if (req.headers['content-type'] !== 'application/json')
    return fault(415, 'the Content-Type must be application/json');
  const body = await readBody(req, MAX_EVENT_BYTES);
  if (body === 'tooLarge') return fault(413, 'the event must not be larger than 6 MB');
  let event: unknown;
  try {
    event = JSON.parse(body.toString('utf8'));
  } catch {
    return fault(400, 'the event must be JSON');
  }
  try {
    return jsonAnswer(200, (await functions.pool(name).invoke(event)) ?? null);
  } catch (error) {
    if (error instanceof FunctionError) return jsonAnswer(502, error.payload);
    if (error instanceof LocalCloudProblem) return fault(404, error.message);
    throw error;
  }
}

const fault = (status: number, message: string): Answer => jsonAnswer(status, { message });
