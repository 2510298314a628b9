import { aConversation, aMessage } from './builders.js';
import { type Device, User } from './cloud.js';

/**
 * A device that is up to date. Its box has the conversation history `c1` with a session history and two
 * messages.
 */
export async function aBox() {
  const user = new User();
  const phone = await user.device('phone');
  const { modSeq } = await user.deposit(
    aConversation({ id: 'c1' }),
    aSession('s1'),
    aMessage({ id: 'm1' }),
    aMessage({ id: 'm2', sessionId: 's1', flags: ['\\Seen'] }),
  );
  await phone.synchronize();
  return { user, phone, modSeq };
}

/** The same box with a second device. */
export async function twoDevices() {
  const box = await aBox();
  const tablet = await box.user.device('tablet');
  await tablet.synchronize();
  return { ...box, tablet };
}

export const aFolder = (id: string, name: string, parentFolderId: string | null = 'RCSMessageStore') => ({
  op: 'create',
  type: 'folder',
  id,
  data: { name, parentFolderId },
});
export const SESSION = {
  originator: 'tel:+15550101',
  participants: ['tel:+15550101', 'tel:+15550100'],
  startedAt: '2026-02-28T08:00:00Z',
  groupState: {
    lastFocusSessionId: 'focus-1',
    groupType: 'closed',
    participants: [{ uri: 'tel:+15550101', name: 'Maya' }, { uri: 'tel:+15550100' }],
    timestamp: '2026-02-28T08:00:00Z',
  },
};
export const aSession = (id: string, conversationId = 'c1') => ({
  op: 'create',
  type: 'sessionHistory',
  id,
  conversationId,
  data: SESSION,
});
/** A merge patch on an element of any type. */
export const modify = (type: string, id: string, data: object, more: object = {}) => ({
  op: 'modify',
  type,
  id,
  data,
  ...(type !== 'folder' && type !== 'conversationHistory' && { conversationId: 'c1' }),
  ...more,
});
/** Deletes an element of any type. */
export const remove = (type: string, id: string, more: object = {}) => ({
  op: 'delete',
  type,
  id,
  ...(type !== 'folder' && type !== 'conversationHistory' && { conversationId: 'c1' }),
  ...more,
});

/** Statuses of the operations that a device sends. */
export const statuses = async (device: Device, ...operations: object[]): Promise<string[]> =>
  (await device.synchronize({ operations })).results.map(({ status }) => status);
