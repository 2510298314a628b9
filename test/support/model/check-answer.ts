import { ELEMENT_TYPES } from '../../../protocol/elements/element-types.js';
import { SYNC_TOKEN_MAX } from '../../../protocol/limits.js';
import { changesIn, type Request, type Response } from './client/wire.js';
import type { Happening } from './coverage.js';
import { canonical, nameOfElement, type Wire } from './elements.js';
import { type Stage, Violation } from './stage.js';

const TYPES: readonly string[] = ELEMENT_TYPES;
const CURRENT_MAX_BYTES = 2048;
/** Protocol, section 4: the token of a device that is up to date has about 60 characters. */
const TOKEN_AT_REST_MAX = 100;

/** Checks the rules that hold for every answer of the protocol (section 4), for any request. */
export function checkAnswer(
  stage: Stage,
  { operations, syncToken, limit }: Request,
  answer: Response,
  { maxBytes }: { maxBytes?: number },
): void {
  const fail = (what: string): never => {
    throw new Violation(`an answer ${what}: ${canonical(answer).slice(0, 2000)}`);
  };
  const { results = [], hasMore, reset, backfill } = answer;
  const changes = changesIn(answer);
  if (answer.changes?.length === 0 || answer.results?.length === 0) fail('has an empty member');
  if (hasMore === false || reset === false) fail('has a false member');
  if (reset && syncToken === undefined) fail('resets without a token');
  const size = unitsIn(changes);
  if (size > limit) fail(`has ${size} elements of ${limit}`);
  if (maxBytes !== undefined && Buffer.byteLength(JSON.stringify(answer)) > maxBytes)
    fail(`is larger than ${maxBytes} bytes`);
  if (answer.syncToken.length > (hasMore ? SYNC_TOKEN_MAX : TOKEN_AT_REST_MAX)) fail('has a long token');
  if (hasMore && answer.syncToken === syncToken) fail('has more, but returns the token of the request');
  if (backfill && backfill.sent > backfill.total) fail('has sent more than the total');
  if (operations.length > 0 && results.length === 0) fail('has processed nothing');
  for (const { status, current } of results) {
    stage.hit(`result ${status}` as Happening);
    if (Buffer.byteLength(canonical(current ?? null)) > CURRENT_MAX_BYTES) fail('has a large current');
  }
  const disorder = disorderIn(changes);
  if (disorder) fail(disorder);
  if (maxBytes === undefined && isCheated(stage, { syncToken, limit }, answer))
    fail('gives less than half of its room to a backfill');
  if (limit === 1) stage.hit('page of one element');
  if (hasMore && size < limit) stage.hit('answer with less than there was room for, and more to come');
  for (const { removed } of changes)
    if (removed === 'outOfScope') stage.hit('conversation history left the scope');
  if (
    results.some(({ modSeq }) => modSeq !== undefined && changes.every((change) => change.modSeq !== modSeq))
  )
    stage.hit('own changes left out of an answer');
}

/** Protocol, section 4: a message and its state count as one, and so does a state without its message. */
const unitsIn = (changes: readonly Wire[]): number =>
  new Set(
    changes.map(({ type, ...change }) =>
      nameOfElement({ ...change, type: type === 'messageState' ? 'message' : type } as Wire),
    ),
  ).size;

/**
 * Whether a backfill gets less than half of a full answer. An element may also use some of the answer: it is
 * among the changes when it was too large for the results.
 */
function isCheated(
  stage: Stage,
  { syncToken, limit }: Pick<Request, 'syncToken' | 'limit'>,
  answer: Response,
): boolean {
  const { backfill, results = [], hasMore, reset, effective } = answer;
  if (!backfill) return false;
  const { sentBy } = stage;
  const before = reset || effective || syncToken === undefined ? 0 : sentBy.get(syncToken);
  if (hasMore) sentBy.set(answer.syncToken, backfill.sent);
  if (before === undefined || results.some(({ status }) => status === 'exists' || status === 'conflict'))
    return false;
  const length = unitsIn(changesIn(answer));
  const sent = backfill.sent - before;
  if (length === limit && sent < length) stage.hit('full answer shared by live changes and a backfill');
  return length === limit && sent < length / 2;
}

/** Elements come before removals, types in their order, parent folders first, each element at most once. */
function disorderIn(changes: readonly Wire[]): string | undefined {
  const names = new Set<string>();
  let rank = 0;
  for (const change of changes) {
    const { type, removed } = change;
    const next = removed === undefined ? TYPES.indexOf(type) : TYPES.length;
    if (next < rank) return `has ${canonical(change)} too late`;
    rank = next;
    const name = nameOfElement(change);
    if (names.has(name)) return `has ${name} twice`;
    names.add(name);
    if (type !== 'folder' || removed !== undefined) continue;
    const isChildBefore = changes.some(
      (other) =>
        other.type === 'folder' && names.has(nameOfElement(other)) && other.parentFolderId === change.id,
    );
    if (isChildBefore) return `has a folder before its parent ${change.id}`;
  }
  return undefined;
}
