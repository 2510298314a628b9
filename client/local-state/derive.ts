import type { MessageElement } from '../../protocol/elements/element.js';
import { SEEN } from '../../protocol/elements/message-state.js';
import type { StoreTransaction } from '../stores/local-store.js';
import { digitsOf, idOfPart, keyOf, type ScanOptions, timeDigits } from './keys.js';
import { type Row, type Summary, shown } from './rows.js';

/** The parts of the box in which queries return something new. */
export interface ViewChange {
  folders: boolean;
  conversations: string[]; // ids; the conversation history, its contents or its unread count changed
}

/** Access to the rows of one transaction. */
interface RowAccess {
  readonly tx: StoreTransaction;
  row(key: string): Promise<Row>;
  setRow(key: string, row: Row): void;
  rowsBelow(prefix: string, options?: ScanOptions): AsyncIterable<Row>;
}

/** A row before and after a transaction. */
export type ChangedRow = [key: string, rows: { before: Row; row: Row }];

/** Updates what is derived from changed rows: summaries, sort orders by last activity, and messages by date. */
export async function derive(access: RowAccess, changed: readonly ChangedRow[]): Promise<ViewChange> {
  const change: ViewChange = { folders: false, conversations: [] };
  const byConversation = new Map<string, ChangedRow[]>();
  for (const each of changed) {
    const [kind, conversation = ''] = each[0].split('\n');
    if (kind === 'F') change.folders = true;
    else if (byConversation.get(conversation)?.push(each) === undefined)
      byConversation.set(conversation, [each]);
  }
  for (const [part, rows] of byConversation) {
    await deriveConversation(access, part, rows);
    change.conversations.push(idOfPart(part));
  }
  return change;
}

async function deriveConversation(
  access: RowAccess,
  part: string,
  rows: readonly ChangedRow[],
): Promise<void> {
  const key = `H\n${part}`;
  const messages = rows.filter(([each]) => each.startsWith('M'));
  for (const [, { before, row }] of messages) {
    await replaceEntries(access, dateKeys(before.message?.confirmed), dateKeys(row.message?.confirmed));
  }
  const { summary, ...row } = await access.row(key);
  const next = await summaryAfter(access, part, summary, messages);
  access.setRow(key, next ? { ...row, summary: next } : row);

  const before = rows.find(([each]) => each === key)?.[1].before ?? { ...row, summary };
  await replaceEntries(access, orderKeys(before), orderKeys({ ...row, summary: next }));
}

/** Replaces index entries. */
async function replaceEntries(
  { tx }: RowAccess,
  from: Map<string, unknown>,
  to: Map<string, unknown>,
): Promise<void> {
  for (const key of from.keys()) if (!to.has(key)) await tx.delete(key);
  for (const [key, value] of to) if (!from.has(key)) await tx.put(key, value);
}

function orderKeys({ conversationHistory, summary }: Row): Map<string, unknown> {
  const conversation = shown(conversationHistory);
  if (!conversation) return new Map();
  const time = summary?.newest ? timeDigits(summary.newest.date) : digitsOf(0);
  const { id, folderId } = conversation;
  return new Map([
    [keyOf('A', time, id), id],
    [keyOf('B', folderId, time, id), id],
  ]);
}

function dateKeys(message: MessageElement | undefined): Map<string, unknown> {
  if (!message) return new Map();
  const { messageContext, date, conversationId, id } = message;
  return new Map([
    [keyOf('D', messageContext, timeDigits(date), conversationId, id), { conversationId, id }],
  ]);
}

async function summaryAfter(
  access: RowAccess,
  part: string,
  before: Summary | undefined,
  messages: readonly ChangedRow[],
): Promise<Summary | undefined> {
  let { unread = 0, newest } = before ?? {};
  let newestKey = newest ? keyOf('M', idOfPart(part), newest.id) : '';
  let isLost = false;
  for (const [key, rows] of messages) {
    unread += unreadIn(rows.row) - unreadIn(rows.before);
    const message = shown(rows.row.message);
    if (message && key >= newestKey) {
      newest = { id: message.id, date: message.date };
      newestKey = key;
      isLost = false;
    } else if (key === newestKey) isLost = true;
  }
  if (isLost) newest = await newestIn(access, part);
  return unread > 0 || newest ? { unread, ...(newest && { newest }) } : undefined;
}

const unreadIn = ({ message, messageState }: Row): number =>
  shown(message)?.direction === 'In' && !shown(messageState)?.flags?.includes(SEEN) ? 1 : 0;

async function newestIn(access: RowAccess, part: string): Promise<Summary['newest']> {
  for await (const row of access.rowsBelow(`M\n${part}`, { descending: true })) {
    const message = shown(row.message);
    if (message) return { id: message.id, date: message.date };
  }
  return undefined;
}
