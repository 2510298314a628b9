import type { FolderId, SessionId } from '../../protocol/ids.js';
import { findProjected, project } from '../log/projection.js';
import { liveTail, withUnprojected } from '../log/tail.js';
import { BoxView, byKey } from '../log/view.js';
import { bodyDropped, latestVersionOf } from '../model/effects.js';
import { elementBytes } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type { BoxId, PendingPurge, Purged, StoredElement, StoredItem, Tombstone } from '../model/items.js';
import {
  behindKey,
  CONVERSATIONS,
  contentsPrefix,
  conversationIdOf,
  conversationKey,
  endOf,
  messagesPrefix,
  purgeKey,
} from '../model/keys.js';
import { isOfEarlierLife } from '../model/liveness.js';
import type { Effect, Head, ItemContent } from '../model/log-entry.js';
import { SyncProblem } from '../model/sync-problem.js';
import { SETTLE_SECONDS, TOMBSTONE_MS } from '../model/timing.js';
import { tombstoneOf } from '../model/tombstone.js';
import { rightAfter, versionOf } from '../model/version.js';
import type { Core } from '../ports/core.js';
import type { DeletedContainer, PurgeMessage } from '../ports/purge-queue.js';
import { commitAndProject } from '../write/commit.js';
import { countsWithout, isElement } from '../write/log-rows.js';

const PIECES_PER_MESSAGE = 10; // then the rest goes through the queue again, so that no invocation takes too long
const PIECE_MAX = 200; // items that are looked at in one go
const ATTEMPTS_MAX = 5;

/** What is read before a piece is purged. */
interface PurgeContext {
  readonly core: Core;
  readonly box: BoxId;
  readonly head: Head;
  readonly view: BoxView;
  readonly container: DeletedContainer;
  readonly index: number;
  readonly modSeq: number;
  readonly key: string; // of the purge
  /** The conversation history that the contents belong to, as it is now. */
  readonly history: StoredItem | undefined;
}

/**
 * Purges a deleted container, a piece at a time: what it held becomes tombstones. It may be stopped at any point and begun
 * again. First the tombstones, each only in place of the very item that was read, so that each item goes once, by this or
 * because it expired. They say what they took. Then an entry takes that off the counts and says how far the purge is, which
 * only one of several purges can do. No device is told: the removal of the container covers it all.
 * @throws Error when it could not go on: the message is to come again.
 */
export async function purge(core: Core, message: PurgeMessage): Promise<void> {
  const { box, container } = message;
  let { after, isEmpty } = message;
  for (let piece = 0; piece < PIECES_PER_MESSAGE; piece++) {
    const reading = await openPurge(core, message);
    if (!reading) return; // the box was erased, or has another past by now
    const begun = await startOf(reading, after);
    const { last, purged, more } = await purgePiece(reading, begun);
    if (purged > 0) isEmpty = undefined;
    after = last;
    if (!more) return isEmpty ? removePendingPurge(core, message) : scheduleRemoval(core, message);
  }
  const { isEmpty: _, ...order } = message;
  await core.purgeQueue.send(
    [{ ...order, ...(isEmpty && { isEmpty }), ...(after !== undefined && { after }) }],
    0,
  );
  core.observe('purgeGoesOn', { box, container: container.type });
}

/**
 * The box as of now. All its entries are applied to the view first, so that the items show all that the container held: what
 * is dead by now cannot change any more.
 */
async function openPurge(
  core: Core,
  { box, container, index, modSeq }: PurgeMessage,
): Promise<PurgeContext | undefined> {
  const end = await liveTail(core, box);
  if (!end || index > end.head.index || index < end.head.firstIndex) return undefined;
  const { head, behind, projected: known } = await withUnprojected(core, box, end);
  const { projected } = await findProjected(core, box, known, behind);
  const missing = behind.filter((entry) => entry.index > projected);
  if (missing.length > 0) await project(core, box, missing);
  const view = new BoxView(core, box, head, behind);
  const historyKey = container.type === 'folder' ? undefined : conversationKey(conversationOf(container));
  const history = historyKey === undefined ? undefined : (await view.get([historyKey])).get(historyKey);
  const key = purgeKey(index, modSeq, `${container.type} ${container.id} ${historyKey ?? ''}`);
  return { core, box, head, view, container, index, modSeq, key, history };
}

const conversationOf = (container: Exclude<DeletedContainer, { type: 'folder' }>) =>
  container.type === 'conversationHistory' ? container.id : container.conversationId;

interface PurgeStart {
  readonly from: string;
  readonly counted: string | undefined; // key up to which the purge has been taken off the counts
}

/** Where to go on. What has been counted already is looked at again, since a restore may have brought some of it back. */
async function startOf(
  { view, key, container }: PurgeContext,
  after: string | undefined,
): Promise<PurgeStart> {
  const found = (await view.get([key])).get(key);
  const counted = found?.kind === 'purge' ? found.after : undefined;
  return { from: after === undefined ? prefixOf(container) : behindKey(after), counted };
}

function prefixOf(container: DeletedContainer): string {
  switch (container.type) {
    case 'folder':
      return CONVERSATIONS;
    case 'conversationHistory':
      return contentsPrefix(container.id);
    case 'sessionHistory':
      return messagesPrefix(container.conversationId);
  }
}

async function purgePiece(
  reading: PurgeContext,
  { from, counted }: PurgeStart,
): Promise<{ last: string | undefined; purged: number; more: boolean }> {
  const { core, box, key, container } = reading;
  const to = endOf(prefixOf(container));
  for (let tries = 0; tries < ATTEMPTS_MAX; tries++) {
    const { items, more, last } = await core.store.query(box, { from, to, limit: PIECE_MAX });
    const isCounted = (sk: string) => counted !== undefined && byKey(sk, counted) <= 0;
    const dead = items.filter(isElement).filter((element) => isDead(reading, element, isCounted(element.sk)));
    if (container.type === 'folder') await orderConversations(reading, dead);
    const tombstones = new Map(dead.map((element) => [element.sk, tombstone(reading, element)]));
    const bodies = dead.flatMap((item) =>
      item.kind === 'message' && item.bodyBytes !== undefined
        ? bodyDropped(item.sk, deadVersion(reading, item), reading.view.nowMs)
        : [],
    );
    if (bodies.length > 0) await core.store.project(box, bodies);
    const replaced = new Set(
      await core.store.replace(
        box,
        dead.map((read) => ({ read, next: tombstones.get(read.sk) as Tombstone })),
      ),
    );
    // One that is not as it was read any more has just expired, or was purged by another: look again.
    if (replaced.size < dead.length) continue;
    const all = items.map((item) => tombstones.get(item.sk) ?? item);
    // What says how far it has been counted is kept as long as the tombstones, and no longer.
    const counts = (item: StoredItem) =>
      purgedBy(key, item) && !hasExpired(item, core.clock.now()) && !isCounted(item.sk);
    const taken = all.filter(counts).map(({ sk }) => sk);
    const end = more ? last : to;
    if (taken.length > 0 && !(await subtractCounts(reading, counted, taken, end ?? to))) continue;
    core.observe('purged', { items: taken.length });
    return { last: end, purged: taken.length, more: more && last !== undefined };
  }
  throw new SyncProblem('busy', { detail: 'others purge the same container' });
}

/**
 * Takes what was purged off the counts, unless another purge has come further meanwhile. Where a conversation history has
 * been begun anew meanwhile, whoever did that has taken off what was there.
 */
function subtractCounts(
  { core, box, key }: PurgeContext,
  counted: string | undefined,
  taken: readonly string[], // keys
  after: string,
): Promise<boolean> {
  return commitAndProject(core, box, {
    keys: [key, ...taken],
    onMissingBox: { answer: true },
    async decide({ work }) {
      const found = await work.read(key);
      const origin = { by: 'server' } as const;
      if ((found?.kind === 'purge' ? found.after : undefined) !== counted) return { answer: false, origin };
      const effect: Effect = {
        sk: key,
        expiresAtMs: work.nowMs + TOMBSTONE_MS,
        content: { kind: 'purge', after },
      };
      const items = await Promise.all(taken.map((sk) => work.read(sk)));
      const purged = items.flatMap((item) => purgedBy(key, item) ?? []);
      return {
        answer: true,
        origin,
        effects: [effect],
        box: { counts: purged.reduce(countsWithout, work.head.counts) },
      };
    },
  });
}

const purgedBy = (key: string, item: StoredItem | undefined): Purged | undefined =>
  item?.kind === 'tombstone' && item.purged?.by === key ? item.purged : undefined;

/** What is left of an element. It says what was purged, and for devices that are told item by item from what container. */
function tombstone(reading: PurgeContext, element: StoredElement): Tombstone {
  const { key, view } = reading;
  const version = deadVersion(reading, element);
  const containerId =
    element.kind === 'conversationHistory'
      ? element.data.folderId
      : element.kind === 'message'
        ? element.data.sessionId
        : undefined;
  const hasState = element.kind === 'message' && element.state !== undefined;
  return {
    ...tombstoneOf(element, version, view.nowMs),
    ...(containerId !== undefined && { containerId: containerId as FolderId | SessionId }),
    purged: {
      by: key,
      elements: [element.kind, ...(hasState ? (['messageState'] as const) : [])],
      bytes: elementBytes(element),
    },
    stateVersion: version,
  };
}

/** Not the version of the element itself: another purge that has read it must not find it as it was. */
const deadVersion = ({ head, index }: PurgeContext, element: StoredElement): number =>
  rightAfter(Math.max(versionOf(head.timeline, index), latestVersionOf(element)));

/**
 * Dead is what a container holds that is noted as being emptied. Nothing can have come in since: creating in it, or moving
 * into it, is refused. Without note the box has another past by now, in which the container lives. Contents of a
 * conversation history are dead when they are older than the life that it leads now, if it leads one.
 */
function isDead(
  { container, index, modSeq, head, history, view }: PurgeContext,
  read: StoredElement,
  isCounted: boolean,
): boolean {
  const element = view.laidOver(read.sk, read);
  if (!element || !isElement(element)) return false;
  // The database removes what has expired, and that is noted, if only later: it is not to be counted twice.
  if (hasExpired(element, view.nowMs)) return false;
  // It came after the deletion, so it is in a later life of its container, whose end another purge is for.
  if (element.modSeq > modSeq || (isCounted && element.modSeq === modSeq)) return false;
  switch (container.type) {
    case 'folder':
      return (
        element.kind === 'conversationHistory' &&
        element.data.folderId === container.id &&
        isPending(head.pendingPurges, container.id, index)
      );
    case 'sessionHistory': {
      const notes = history?.kind === 'conversationHistory' ? history.pendingPurges : undefined;
      return (
        element.kind === 'message' &&
        element.data.sessionId === container.id &&
        isPending(notes, container.id, index)
      );
    }
    case 'conversationHistory': {
      if (history?.kind !== 'conversationHistory') return true;
      const isInDeletedFolder = head.pendingPurges?.some(({ id }) => id === history.data.folderId) ?? false;
      return isInDeletedFolder || isOfEarlierLife(history, element);
    }
  }
}

const isPending = (notes: readonly PendingPurge<string>[] | undefined, id: string, index: number): boolean =>
  notes?.some((note) => note.id === id && note.index === index) ?? false;

/**
 * Conversation histories are containers themselves. They are ordered before they are purged, so that a crash in between
 * orders them once more and forgets none.
 */
async function orderConversations(
  { core, box, index, modSeq }: PurgeContext,
  dead: readonly StoredElement[],
): Promise<void> {
  if (dead.length === 0) return;
  await core.purgeQueue.send(
    dead.map(({ sk }) => ({
      box,
      index,
      modSeq,
      container: { type: 'conversationHistory', id: conversationIdOf(sk) },
    })),
    0,
  );
}

/**
 * The note of what is being emptied stays for a while: a reader may have seen a dead element before it was purged, and looks
 * at the note only now.
 */
async function scheduleRemoval(core: Core, { box, container, index, modSeq }: PurgeMessage): Promise<void> {
  if (container.type === 'conversationHistory') return;
  await core.purgeQueue.send([{ box, container, index, modSeq, isEmpty: true }], SETTLE_SECONDS);
}

/** Takes the emptied container off the note that made its contents count as gone. */
async function removePendingPurge(core: Core, { box, container, index }: PurgeMessage): Promise<void> {
  if (container.type === 'conversationHistory') return;
  const key = container.type === 'sessionHistory' ? conversationKey(container.conversationId) : undefined;
  const without = <Id extends string>(notes: readonly PendingPurge<Id>[]) =>
    notes.filter((note) => note.id !== (container.id as string) || note.index !== index);
  await commitAndProject(core, box, {
    keys: key === undefined ? [] : [key],
    onMissingBox: { answer: undefined },
    async decide({ work }) {
      const origin = { by: 'server' } as const;
      if (key === undefined) {
        const { pendingPurges = [] } = work.head;
        const left = without(pendingPurges);
        if (left.length === pendingPurges.length) return { answer: undefined, origin };
        return { answer: undefined, origin, box: { pendingPurges: left.length > 0 ? left : undefined } };
      }
      const item = await work.read(key);
      if (item?.kind !== 'conversationHistory' || !item.pendingPurges) return { answer: undefined, origin };
      const { sk, version: _, pendingPurges, ...content } = item;
      const left = without(pendingPurges);
      if (left.length === pendingPurges.length) return { answer: undefined, origin };
      const next = { ...content, ...(left.length > 0 && { pendingPurges: left }) } as ItemContent;
      return { answer: undefined, origin, effects: [{ sk, content: next }] };
    },
  });
}
