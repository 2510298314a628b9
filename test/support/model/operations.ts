import type { Chance } from './chance.js';
import type { Intended } from './client/wire.js';
import { nameOf, type Wire } from './elements.js';

// Few ids, so that operations collide often. Some need escaping in keys, or sort differently in UTF-16 and
// UTF-8.
export const CONVERSATIONS = ['c1', 'c1#M', 'c2', 'c2"', '\u{1f600}'];
export const FOLDERS = ['f1', 'f2', 'f3', 'f#4', '\uff5e5'];
const SESSIONS = ['s1', 's2', 's#'];
export const MESSAGES = Array.from({ length: 9 }, (_, i) => `m${i + 1}`).concat('m#1', 'm"', '\u{1f600}m');
const NAMES = ['Family', 'Work', 'Caf\u00e9', 'Cafe\u0301'];
const FLAGS = ['\\Seen', '\\Flagged', '\\Answered', '$Forwarded', 'keyword'];
const URIS = ['tel:+15550100', 'tel:+15550101', 'sip:carol@example.com'];
const CONTEXTS = ['pager-message', 'chat-message', 'file-message'];
const AGES_DAYS = [0, 0, 1, 5, 20, 29, 31, 60, 89, 91, 200];

const DAY_MS = 24 * 3600 * 1000;
const HOUR_MS = 3600 * 1000;

/** Relative frequency of each kind of operation. */
export type OperationWeights = Readonly<Record<OperationKind, number>>;
export type OperationKind =
  | 'createMessage'
  | 'modifyMessage'
  | 'deleteMessage'
  | 'modifyState'
  | 'createConversation'
  | 'modifyConversation'
  | 'moveConversation'
  | 'deleteConversation'
  | 'createSession'
  | 'modifySession'
  | 'deleteSession'
  | 'createFolder'
  | 'modifyFolder'
  | 'deleteFolder'
  | 'faulty';

export const USUAL: OperationWeights = {
  createMessage: 12,
  modifyMessage: 2,
  deleteMessage: 2,
  modifyState: 5,
  createConversation: 2,
  modifyConversation: 1,
  moveConversation: 3,
  deleteConversation: 1.2,
  createSession: 2,
  modifySession: 1,
  deleteSession: 0.8,
  createFolder: 2,
  modifyFolder: 1,
  deleteFolder: 0.7,
  faulty: 0.3,
};

/**
 * An operation of any kind. `held`: the elements that its author holds, from which `ifModSeq` may be taken.
 */
export function anyOperation(
  chance: Chance,
  weights: OperationWeights,
  nowMs: number,
  held?: ReadonlyMap<string, Wire>,
): Intended {
  const operation = make(chance, chance.weighed(weights), nowMs);
  if (operation.op === 'create' || !chance.happens(0.15)) return operation;
  const known = held?.get(nameOf(operation.type, operation.id, operation.conversationId))?.modSeq;
  return { ...operation, ifModSeq: known ?? chance.between(1, 40) };
}

function make(chance: Chance, kind: OperationKind, nowMs: number): Intended {
  const conversationId = chance.pick(CONVERSATIONS);
  const message = { type: 'message', id: chance.pick(MESSAGES), conversationId };
  const session = { type: 'sessionHistory', id: chance.pick(SESSIONS), conversationId };
  const conversation = { type: 'conversationHistory', id: conversationId };
  const folder = { type: 'folder', id: chance.pick(FOLDERS) };
  const text = () => `text ${tagOf(chance)}`;
  const anyFolder = () => chance.pick([...FOLDERS, ...FOLDERS, 'default', 'RCSMessageStore']);
  switch (kind) {
    case 'createMessage':
      return createMessage(chance, message, nowMs);
    case 'modifyMessage':
      return {
        op: 'modify',
        ...message,
        data: chance.pick([{ subject: text() }, { subject: null }, { textContent: textOf(chance) }]),
      };
    case 'deleteMessage':
      return { op: 'delete', ...message };
    case 'modifyState':
      return { op: 'modify', ...message, type: 'messageState', data: statePatch(chance, nowMs) };
    case 'createConversation': {
      const data = { kind: 'group', participants: [chance.pick(URIS)] };
      return {
        op: 'create',
        ...conversation,
        data: chance.happens(0.5) ? data : { ...data, folderId: anyFolder() },
      };
    }
    case 'modifyConversation':
      return { op: 'modify', ...conversation, data: chance.pick([{ subject: text() }, { subject: null }]) };
    case 'moveConversation':
      return { op: 'modify', ...conversation, data: { folderId: anyFolder() } };
    case 'deleteConversation':
      return { op: 'delete', ...conversation };
    case 'createSession': {
      const startedAt = new Date(nowMs - chance.between(0, 90) * DAY_MS).toISOString();
      return {
        op: 'create',
        ...session,
        data: { originator: chance.pick(URIS), participants: URIS, startedAt },
      };
    }
    case 'modifySession':
      return { op: 'modify', ...session, data: sessionPatch(chance, nowMs) };
    case 'deleteSession':
      return { op: 'delete', ...session };
    case 'createFolder':
      return {
        op: 'create',
        ...folder,
        data: { name: chance.pick(NAMES), parentFolderId: parentOf(chance) },
      };
    case 'modifyFolder': {
      const data = chance.pick([{ name: chance.pick(NAMES) }, { parentFolderId: parentOf(chance) }]);
      return { op: 'modify', ...folder, data };
    }
    case 'deleteFolder':
      return { op: 'delete', ...folder };
    case 'faulty':
      return chance.pick<Intended>([
        { op: 'delete', ...message, type: 'messageState' },
        { op: 'create', ...folder, data: { name: 'a/b', parentFolderId: null } },
        { op: 'delete', type: 'folder', id: 'default' },
        { op: 'modify', ...message, data: { direction: 'In' } },
      ]);
  }
}

/** A unique text for each requested operation: with 32 bits, no two in a run are the same. */
const tagOf = (chance: Chance): string => String(chance.between(1_000_000_000, 9_999_999_999));

const parentOf = (chance: Chance) => chance.pick([null, 'RCSMessageStore', ...FOLDERS]);

function createMessage(
  chance: Chance,
  message: { type: string; id: string; conversationId: string },
  nowMs: number,
): Intended {
  const date = new Date(nowMs - chance.pick(AGES_DAYS) * DAY_MS - chance.between(0, 20) * HOUR_MS);
  return {
    op: 'create',
    ...message,
    data: {
      messageContext: chance.pick(CONTEXTS),
      direction: 'In',
      from: chance.pick(URIS),
      to: [URIS[0]],
      date: date.toISOString(),
      contentType: 'text/plain',
      imdnMessageId: `imdn ${message.id} ${tagOf(chance)}`,
      ...(chance.happens(0.8) && { textContent: textOf(chance) }),
      ...(chance.happens(0.3) && { sessionId: chance.pick(SESSIONS) }),
      ...(chance.happens(0.2) && { inReplyToMessageId: chance.pick(MESSAGES) }),
    },
    ...(chance.happens(0.25) && { flags: chance.some(FLAGS, 0.4) }),
    ...(chance.happens(0.7) && { conversation: { kind: 'oneToOne', participants: URIS.slice(0, 2) } }),
  };
}

/** Mostly short. Rarely so long that it does not fit into a result, or into the log with another one. */
function textOf(chance: Chance): string {
  if (chance.happens(0.03)) return 'x'.repeat(chance.pick([2500, 40_000]));
  return 'a\u00e9\u20ac\u{1f600}'.repeat(chance.between(0, 4)) + tagOf(chance);
}

function statePatch(chance: Chance, nowMs: number): Readonly<Record<string, unknown>> {
  if (chance.happens(0.3)) {
    const disposition = chance.pick(['delivered', 'displayed']);
    return {
      dispositions: [{ participant: chance.pick(URIS), disposition, at: new Date(nowMs).toISOString() }],
    };
  }
  return { addFlags: chance.some(FLAGS, 0.3), removeFlags: chance.some(FLAGS, 0.2) };
}

function sessionPatch(chance: Chance, nowMs: number): Readonly<Record<string, unknown>> {
  const timestamp = new Date(nowMs).toISOString();
  return chance.pick<Readonly<Record<string, unknown>>>([
    { subject: `subject ${tagOf(chance)}` },
    { endedAt: timestamp },
    { groupState: { lastFocusSessionId: 'focus', groupType: 'open', participants: [], timestamp } },
    { groupState: { groupType: 'closed' } },
    { groupState: null },
  ]);
}
