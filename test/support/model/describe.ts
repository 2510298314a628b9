import { SyncProblem } from '../../../core/model/sync-problem.js';
import { changesIn, type Intended, type Request, type Response } from './client/wire.js';
import { canonical } from './elements.js';

// Texts for the trace of a run.

const LONGEST = 200;

const brief = (json: string): string => (json.length > LONGEST ? `${json.slice(0, LONGEST)}…` : json);

export function describeOperation({ n, op, type, id, conversationId, data, ifModSeq }: Intended): string {
  const shown = data && { ...data, imdnMessageId: undefined, from: undefined, to: undefined };
  return brief(
    `${n ?? ''} ${op} ${type} ${conversationId ?? ''}/${id} ${shown ? canonical(shown) : ''} ${ifModSeq ?? ''}`,
  );
}

export const describeResult = ({ status, modSeq }: { status: string; modSeq?: number | undefined }): string =>
  `${status} ${modSeq ?? ''}`;

export const describeRequest = ({ instanceId, syncToken, operations, limit }: Request): string =>
  `${instanceId} ${syncToken ? readToken(syncToken) : 'no token'} limit ${limit} [${operations.map(describeOperation).join('; ')}]`;

export function describeAnswer(answer: Response | SyncProblem | 'unknown'): string {
  if (answer === 'unknown') return 'nothing';
  if (answer instanceof SyncProblem) return answer.message;
  const { results = [], hasMore, reset, effective, syncToken } = answer;
  const changes = changesIn(answer).map(
    ({ type, id, modSeq, conversationId, removed }) =>
      `${removed ?? ''} ${type} ${conversationId ?? ''}/${id}@${modSeq}`,
  );
  return `${hasMore ? 'more ' : ''}${reset ? 'reset ' : ''}${effective ? 'effective ' : ''}results [${results.map(describeResult).join(', ')}] changes [${changes.join(', ')}] ${readToken(syncToken)}`;
}

const MAC_AND_VERSION_BYTES = 13;

/** The readable part of a token: its position. */
const readToken = (token: string): string =>
  Buffer.from(token, 'base64url')
    .subarray(MAC_AND_VERSION_BYTES)
    .toString()
    .replaceAll('\n', ' ')
    .replaceAll('\u0000', '|');
