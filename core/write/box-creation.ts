import { randomBytes } from 'node:crypto';
import { type FolderId, folderIdSchema, type ModSeq } from '../../protocol/ids.js';
import { DEFAULT_FOLDER, USER_ROOT_FOLDER } from '../../protocol/limits.js';
import type { Commit, Counts, FolderName, Head, StoredFolder } from '../model/items.js';
import { commitKey, folderKey, folderNameKey, HEAD_KEY } from '../model/keys.js';
import type { Write } from '../ports/store.js';
import { elementOf } from '../model/element.js';
import { COMMIT_MS } from '../model/timing.js';
import { addCounts } from './log-rows.js';

const FIRST_COMMIT = 1;
const NONCE_BYTES = 8;
const VERSION_BYTES = 6;

export const newNonce = (): string => randomBytes(NONCE_BYTES).toString('base64url');

/** The version of something that may have been there before: no version of an earlier life of it comes again. */
export const newVersion = (): number => randomBytes(VERSION_BYTES).readUIntBE(0, VERSION_BYTES);

const builtIn = [DEFAULT_FOLDER, USER_ROOT_FOLDER].map((name) => folderIdSchema.parse(name));

const NOTHING: Counts = {
  folder: 0,
  conversationHistory: 0,
  sessionHistory: 0,
  message: 0,
  messageState: 0,
  bytes: 0,
};

const folder = (id: FolderId): StoredFolder => ({
  kind: 'folder',
  sk: folderKey(id),
  version: FIRST_COMMIT,
  modSeq: FIRST_COMMIT,
  id,
  subFolders: 0,
  data: { name: id, parentFolderId: null },
});

const folderName = (id: FolderId): FolderName => ({
  kind: 'folderName',
  sk: folderNameKey(null, id),
  version: FIRST_COMMIT,
  folderId: id,
});

/** The writes that make a box: its first commit creates the built-in folders, so that devices are sent them like all else. */
export function boxCreation(nowMs: number): readonly Write[] {
  const nonce = newNonce();
  const folders = builtIn.map(folder);
  const commit: Commit = {
    kind: 'commit',
    sk: commitKey(FIRST_COMMIT),
    version: FIRST_COMMIT,
    modSeq: FIRST_COMMIT,
    nonce,
    previous: '',
    previousAtMs: 0,
    atMs: nowMs,
    origin: { by: 'server' },
    rows: folders.map((item) => ({ type: 'folder', id: item.id, element: elementOf(item) })),
    expiresAtMs: nowMs + COMMIT_MS,
  };
  const head: Head = {
    kind: 'head',
    sk: HEAD_KEY,
    version: newVersion(),
    modSeq: FIRST_COMMIT as ModSeq,
    nonce,
    atMs: nowMs,
    epoch: newNonce(),
    madeAtMs: nowMs,
    counts: folders.reduce((counts, item) => addCounts(counts, item, 1), NOTHING),
  };
  const items = [head, commit, ...folders, ...builtIn.map(folderName)];
  return items.map((put) => ({ put, when: 'absent' }));
}
