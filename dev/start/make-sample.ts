import { setTimeout as delay } from 'node:timers/promises';
import { type LocalCloud, LocalCloudProblem } from '@cpm-sync/local-cloud';
import * as z from 'zod/mini';
import { messageIdOf } from '../../protocol/message-id.js';
import { SAMPLE_CONVERSATIONS, SAMPLE_DEVICES, SAMPLE_USER, type SampleConversation } from './sample.js';

const ATTEMPTS = 5;

const deviceSchema = z.looseObject({ instanceId: z.string() });
const resultsSchema = z.looseObject({
  results: z.array(z.looseObject({ status: z.string() })).check(z.minLength(1)),
});

/** Results for a message that is stored, or that was stored by an earlier start and deleted since. */
const STORED = new Set(['applied', 'exists', 'unchanged', 'gone']);

/** The sample that was made. */
export interface Sample {
  readonly user: string;
  /** By device id. */
  readonly instanceIds: Readonly<Record<string, string>>;
  readonly conversations: number;
  readonly messages: number;
}

/**
 * Makes the sample user through the HTTP API, as a device and the Participating Function do. Existing devices and
 * messages stay unchanged.
 * @throws LocalCloudProblem when the service rejects a request.
 */
export async function makeSample(cloud: Pick<LocalCloud, 'url' | 'token'>): Promise<Sample> {
  const asDevice = await caller(cloud, 'cpm/sync');
  const asNetwork = await caller(cloud, 'cpm/participate');
  const instanceIds: Record<string, string> = {};
  for (const { deviceId, name, instanceId } of SAMPLE_DEVICES) {
    const path = `/v1/devices/${deviceId}`;
    // A device that exists keeps its instance.
    const registered = deviceSchema.safeParse(await asDevice('GET', path, undefined, [404]));
    if (!registered.success) await asDevice('PUT', path, { instanceId, name });
    instanceIds[deviceId] = registered.data?.instanceId ?? instanceId;
  }
  let operations = SAMPLE_CONVERSATIONS.flatMap(operationsOf);
  const messages = operations.length;
  while (operations.length > 0) {
    const path = `/v1/users/${encodeURIComponent(SAMPLE_USER)}/operations`;
    const { results } = resultsSchema.parse(await asNetwork('POST', path, { operations }));
    const refused = results.find(({ status }) => !STORED.has(status));
    if (refused) throw new LocalCloudProblem(`The service rejected the sample: ${JSON.stringify(refused)}`);
    // Operations without a result were not processed.
    operations = operations.slice(results.length);
  }
  return { user: SAMPLE_USER, instanceIds, conversations: SAMPLE_CONVERSATIONS.length, messages };
}

function operationsOf({ id: conversationId, kind, subject, participants, messages }: SampleConversation) {
  return messages.map(({ date, from, text, seen }, i) => {
    const imdnMessageId = `${conversationId}-${i + 1}`;
    return {
      op: 'create',
      type: 'message',
      id: messageIdOf(date, imdnMessageId),
      conversationId,
      conversation: { kind, participants, ...(subject && { subject }) },
      ...(seen && { flags: ['\\Seen'] }),
      data: {
        messageContext: 'chat-message',
        direction: from === SAMPLE_USER ? 'Out' : 'In',
        from,
        to: participants.filter((uri) => uri !== from),
        date,
        contentType: 'text/plain',
        textContent: text,
        imdnMessageId,
      },
    };
  });
}

type Call = (method: string, path: string, body?: unknown, accepted?: number[]) => Promise<unknown>;

async function caller({ url, token }: Pick<LocalCloud, 'url' | 'token'>, scope: string): Promise<Call> {
  const authorization = `Bearer ${await token(SAMPLE_USER, scope)}`;
  return async (method, path, body, accepted = []) => {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(url + path, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (response.ok || accepted.includes(response.status)) return response.json();
      const text = await response.text();
      if (attempt === ATTEMPTS || (response.status !== 429 && response.status !== 503)) {
        throw new LocalCloudProblem(
          `The sample cannot be made: ${method} ${path} answered ${response.status} ${text}`,
        );
      }
      await delay(200 * attempt);
    }
  };
}
