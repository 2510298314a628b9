import { forEachType } from '../../protocol/elements/element-types.js';
import { type FolderId, folderIdSchema } from '../../protocol/ids.js';
import { DEFAULT_FOLDER, USER_ROOT_FOLDER } from '../../protocol/limits.js';
import { project } from '../log/projection.js';
import { elementOf } from '../model/element.js';
import { newNonce } from '../model/ids.js';
import type { BoxId, Counts, StoredFolder } from '../model/items.js';
import { ANCHOR_KEY, entryKey, folderKey, folderNameKey } from '../model/keys.js';
import type { Effect, LogEntry } from '../model/log-entry.js';
import type { Anchor } from '../model/stored-item.js';
import { ENTRY_MS } from '../model/timing.js';
import { versionOf } from '../model/version.js';
import type { Core } from '../ports/core.js';
import { addCounts } from './log-rows.js';
import { putQuietTimer } from './quiet-timer.js';

const FIRST_MOD_SEQ = 1;

const builtIn = [DEFAULT_FOLDER, USER_ROOT_FOLDER].map((name) => folderIdSchema.parse(name));

const NOTHING: Counts = { ...forEachType(() => 0), bytes: 0 };

/**
 * Creates a box. The anchor comes first, under a fixed key, so that concurrent creators start the log at the same index.
 * That index is the time, so a box that is created again never reuses an index. The first commit creates the built-in
 * folders, so that devices get them like any other element. It may stop at any step, and several may run at once.
 */
export async function createBox(core: Core, box: BoxId): Promise<void> {
  const nowMs = core.clock.now();
  const timeline = core.timeline ?? 0;
  const mine: Anchor = {
    kind: 'anchor',
    sk: ANCHOR_KEY,
    version: versionOf(timeline, nowMs),
    epoch: newNonce(),
    firstIndex: nowMs,
    timeline,
  };
  await core.store.put(box, mine, 'absent');
  const anchor = (await core.store.get(box, [ANCHOR_KEY])).get(ANCHOR_KEY);
  if (anchor?.kind !== 'anchor') return; // the box is already being erased
  const entry = firstEntry(anchor, nowMs);
  // With the version of the entry, so that erasing this box removes it, but not the timer of a box created later.
  await putQuietTimer(core, box, { nowMs, version: entry.version });
  const { nonce } = await core.store.append(box, entry);
  if (nonce === entry.nonce) await project(core, box, [entry]);
}

function firstEntry({ firstIndex: index, timeline, epoch }: Anchor, nowMs: number): LogEntry {
  const version = versionOf(timeline, index);
  const folders = builtIn.map((id) => folder(id, version));
  return {
    kind: 'entry',
    sk: entryKey(index),
    version,
    expiresAtMs: nowMs + ENTRY_MS,
    index,
    timeline,
    modSeq: FIRST_MOD_SEQ,
    nonce: newNonce(),
    previous: '',
    previousAtMs: 0,
    atMs: nowMs,
    origin: { by: 'server' },
    rows: folders.map((item) => ({ type: 'folder', id: item.id, element: elementOf(item) })),
    effects: folders.flatMap(({ sk, version: _, ...content }): Effect[] => [
      { sk, content },
      { sk: folderNameKey(null, content.id), content: { kind: 'folderName', folderId: content.id } },
    ]),
    epoch,
    firstIndex: index,
    counts: folders.reduce((counts, item) => addCounts(counts, item, 1), NOTHING),
    devices: 0,
    projected: index - 1,
    timerAtMs: nowMs,
    resetsBefore: timeline,
  };
}

const folder = (id: FolderId, version: number): StoredFolder => ({
  kind: 'folder',
  sk: folderKey(id),
  version,
  modSeq: FIRST_MOD_SEQ,
  id,
  subFolders: 0,
  data: { name: id, parentFolderId: null },
});
