import { findProjected, project } from '../log/projection.js';
import { liveTail, withUnprojected } from '../log/tail.js';
import { BoxView, byKey } from '../log/view.js';
import { bodyDropped, latestVersionOf } from '../model/effects.js';
import { containerIdOf, elementBytes, isElement } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type { BoxId, PendingPurge, Purged, StoredElement, Tombstone } from '../model/items.js';
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
import { isInDeletedFolder, isOfEarlierLife } from '../model/liveness.js';
import type { Effect, Head, ItemContent } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { SyncProblem } from '../model/sync-problem.js';
import { SETTLE_SECONDS, TOMBSTONE_MS } from '../model/timing.js';
import { tombstoneOf } from '../model/tombstone.js';
import { rightAfter, versionOf } from '../model/version.js';
import type { Core } from '../ports/core.js';
import type { DeletedContainer, PurgeMessage } from '../ports/purge-queue.js';
import { AGAIN, retry } from '../ports/retry.js';
import { commitAndProject } from '../write/commit.js';
import { countsWithout } from '../write/log-rows.js';

const BATCHES_PER_MESSAGE = 10; // the queue delivers the rest again, so that no invocation takes too long
const BATCH_MAX = 200; // items that one query reads

/** The box as it is read before a batch is purged. */
interface PurgeContext {
  readonly core: Core;
  readonly box: BoxId;
  readonly head: Head;
  readonly view: BoxView;
  readonly container: DeletedContainer;
  readonly index: number;
  readonly modSeq: number;
  readonly key: string; // of the purge
  /** The conversation history that contains the elements, as it is now. */
  readonly history: StoredItem | undefined;
}

/**
 * Purges a deleted container in batches: its contents become tombstones. It may stop at any step and be called again. The
 * tombstones come first. Each replaces exactly the item that was read, so that each item is removed once, by this purge or
 * by its expiry. A tombstone says what it replaced. Then an entry subtracts that from the counts and says how far the purge
 * is; only one of several purges can append it. No device is notified: the removal of the container covers its contents.
 * @throws Error when a step failed: the queue delivers the message again.
 */
export async function purge(core: Core, message: PurgeMessage): Promise<void> {
  const { box, container } = message;
  let { after, isEmpty } = message;
  for (let batch = 0; batch < BATCHES_PER_MESSAGE; batch++) {
    const context = await openPurge(core, message);
    if (!context) return; // the box was erased, or a restore has undone the deletion
    const begun = await startOf(context, after);
    const { last, purged, more } = await purgeBatch(context, begun);
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
 * Reads the box. All entries are applied to the view first, so that the items show the whole contents of the container:
 * dead elements do not change any more.
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

/** Where to resume. Items that were counted are read again, since a restore may have brought some of them back. */
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

const PURGE_RETRIES = {
  attempts: 5,
  exhausted: () => new SyncProblem('busy', { detail: 'other purges changed the same items each time' }),
};

interface PurgedBatch {
  readonly last: string | undefined; // key up to which it was read
  readonly purged: number;
  readonly more: boolean;
}

async function purgeBatch(context: PurgeContext, { from, counted }: PurgeStart): Promise<PurgedBatch> {
  const { core, box, key, container } = context;
  const to = endOf(prefixOf(container));
  return retry(PURGE_RETRIES, async () => {
    const { items, more, last } = await core.store.query(box, { from, to, limit: BATCH_MAX });
    const isCounted = (sk: string) => counted !== undefined && byKey(sk, counted) <= 0;
    const dead = items.filter(isElement).filter((element) => isDead(context, element, isCounted(element.sk)));
    if (container.type === 'folder') await scheduleConversations(context, dead);
    const tombstones = new Map(dead.map((element) => [element.sk, tombstone(context, element)]));
    const bodies = dead.flatMap((item) =>
      item.kind === 'message' && item.bodyBytes !== undefined
        ? bodyDropped(item.sk, deadVersion(context, item), context.view.nowMs)
        : [],
    );
    if (bodies.length > 0) await core.store.project(box, bodies);
    const replaced = new Set(
      await core.store.replace(
        box,
        dead.map((read) => ({ read, next: tombstones.get(read.sk) as Tombstone })),
      ),
    );
    // An item that changed since it was read has just expired, or another purge removed it.
    if (replaced.size < dead.length) return AGAIN;
    const all = items.map((item) => tombstones.get(item.sk) ?? item);
    // The record of the counted items is kept as long as the tombstones, and no longer.
    const counts = (item: StoredItem) =>
      purgedBy(key, item) && !hasExpired(item, core.clock.now()) && !isCounted(item.sk);
    const keys = all.filter(counts).map(({ sk }) => sk);
    const end = more ? last : to;
    if (keys.length > 0 && !(await subtractCounts(context, { counted, keys, upTo: end ?? to }))) return AGAIN;
    core.observe('purged', { items: keys.length });
    return { last: end, purged: keys.length, more: more && last !== undefined };
  });
}

/**
 * Subtracts purged items from the counts. False: another purge has counted further meanwhile. If a conversation history was
 * created again meanwhile, that commit has subtracted the items that it replaced.
 */
function subtractCounts(
  { core, box, key }: PurgeContext,
  { counted, keys, upTo }: { readonly counted: string | undefined; keys: readonly string[]; upTo: string },
): Promise<boolean> {
  return commitAndProject(core, box, {
    keys: [key, ...keys],
    onMissingBox: { answer: true },
    async decide({ work }) {
      const found = await work.read(key);
      const origin = { by: 'server' } as const;
      if ((found?.kind === 'purge' ? found.after : undefined) !== counted) return { answer: false, origin };
      const effect: Effect = {
        sk: key,
        expiresAtMs: work.nowMs + TOMBSTONE_MS,
        content: { kind: 'purge', after: upTo },
      };
      const items = await Promise.all(keys.map((sk) => work.read(sk)));
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

/** The tombstone of a purged element. It names its container, for devices that get removals one by one. */
function tombstone(context: PurgeContext, element: StoredElement): Tombstone {
  const { key, view } = context;
  const version = deadVersion(context, element);
  const containerId = containerIdOf(element);
  const hasState = element.kind === 'message' && element.state !== undefined;
  return {
    ...tombstoneOf(element, version, view.nowMs),
    ...(containerId !== undefined && { containerId }),
    purged: {
      by: key,
      elements: [element.kind, ...(hasState ? (['messageState'] as const) : [])],
      bytes: elementBytes(element),
    },
    stateVersion: version,
  };
}

/** Higher than the version of the element: another purge that has read it must not find it unchanged. */
const deadVersion = ({ head, index }: PurgeContext, element: StoredElement): number =>
  rightAfter(Math.max(versionOf(head.timeline, index), latestVersionOf(element)));

/**
 * Whether an element is dead: its container has a pending purge. Nothing was added since, because the server rejects
 * creating in a deleted container and moving into it. Without a pending purge, a restore has undone the deletion. Contents
 * of a conversation history are dead when they are older than its present life, if it has one.
 */
function isDead(
  { container, index, modSeq, head, history, view }: PurgeContext,
  read: StoredElement,
  isCounted: boolean,
): boolean {
  const element = view.laidOver(read.sk, read);
  if (!element || !isElement(element)) return false;
  // An expired element is subtracted from the counts when the database removes it, so it must not be subtracted here.
  if (hasExpired(element, view.nowMs)) return false;
  // An element that is newer than the deletion belongs to a later life of its container, which has a purge of its own.
  if (element.modSeq > modSeq || (isCounted && element.modSeq === modSeq)) return false;
  switch (container.type) {
    case 'folder':
      return (
        element.kind === 'conversationHistory' &&
        element.data.folderId === container.id &&
        isPending(head.pendingPurges, container.id, index)
      );
    case 'sessionHistory': {
      const purges = history?.kind === 'conversationHistory' ? history.pendingPurges : undefined;
      return (
        element.kind === 'message' &&
        element.data.sessionId === container.id &&
        isPending(purges, container.id, index)
      );
    }
    case 'conversationHistory': {
      if (history?.kind !== 'conversationHistory') return true;
      return isInDeletedFolder(head.pendingPurges, history) || isOfEarlierLife(history, element);
    }
  }
}

const isPending = (purges: readonly PendingPurge<string>[] | undefined, id: string, index: number): boolean =>
  purges?.some((purge) => purge.id === id && purge.index === index) ?? false;

/**
 * Schedules the purges of conversation histories, which are containers too, before they are purged themselves. After a crash
 * in between they are scheduled again, and none is lost.
 */
async function scheduleConversations(
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
 * Keeps the pending purge for a while: a reader may have read a dead element before it was purged, and reads the pending
 * purge only now.
 */
async function scheduleRemoval(core: Core, { box, container, index, modSeq }: PurgeMessage): Promise<void> {
  if (container.type === 'conversationHistory') return;
  await core.purgeQueue.send([{ box, container, index, modSeq, isEmpty: true }], SETTLE_SECONDS);
}

/** Removes the pending purge, which made the contents of the container count as gone. */
async function removePendingPurge(core: Core, { box, container, index }: PurgeMessage): Promise<void> {
  if (container.type === 'conversationHistory') return;
  const key = container.type === 'sessionHistory' ? conversationKey(container.conversationId) : undefined;
  const without = <Id extends string>(purges: readonly PendingPurge<Id>[]) =>
    purges.filter((purge) => purge.id !== (container.id as string) || purge.index !== index);
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
