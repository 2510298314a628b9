import type { Caller } from '../../core/write/device-operations.js';
import type { Change } from '../../protocol/elements/element.js';
import type { SyncResponse } from '../../protocol/sync.js';
import { BoxUnderTest } from './box-under-test.js';
import { aConversation, aFolder, aMessage, aSession, BOX } from './builders.js';
import { told } from './told.js';

/** The changes in short, sorted, for tests where their order does not matter. */
export const short = (all: readonly Change[] = []) => told(all).sort();

/** The contents of a conversation history of the box below, in short. */
export const contents = (conversation: string) =>
  [
    `conversationHistory ${conversation}`,
    `sessionHistory s1 ${conversation}`,
    ...['old', 'new'].flatMap((id) => [
      `message ${id} ${conversation}`,
      `messageState ${id} ${conversation}`,
    ]),
  ].sort();
export const FOLDERS = ['folder RCSMessageStore', 'folder default', 'folder f1', 'folder f2'];

/** A box with a device whose scope changes. */
export class ScopedDevice {
  readonly box = new BoxUnderTest();
  phone!: Caller;
  token = '';

  /** c1 in f1, c2 in f2. Each has a session history, an old file message, and a new message with a state. */
  static async open(): Promise<ScopedDevice> {
    const device = new ScopedDevice();
    await device.fill();
    return device;
  }

  private async fill(): Promise<void> {
    const { box } = this;
    await box.given(aFolder('f1'), aFolder('f2'));
    for (const [conversationId, folderId] of [
      ['c1', 'f1'],
      ['c2', 'f2'],
    ] as const) {
      await box.given(
        aConversation({ id: conversationId, folderId }),
        aSession({ conversationId }),
        aMessage({
          id: 'old',
          conversationId,
          date: '2025-11-01T00:00:00Z',
          messageContext: 'file-message',
          flags: ['k'],
        }),
        aMessage({ id: 'new', conversationId, textContent: 'é'.repeat(50), flags: ['k'] }),
      );
    }
    box.settle();
  }

  /** Registers with these preferences and synchronizes. @returns all changes in short. */
  async from(preferences: object): Promise<string[]> {
    this.phone = await this.box.device(BOX, 'phone', preferences);
    const all = await this.box.syncAll(this.phone);
    this.token = all.syncToken ?? '';
    return short(all.changes);
  }

  async to(preferences: object, limit = 200) {
    this.phone = await this.box.device(BOX, 'phone', preferences);
    return this.following(limit);
  }

  async following(limit = 200): Promise<{ changes: string[]; all: Change[]; pages: SyncResponse[] }> {
    const {
      changes,
      pages,
      syncToken = '',
    } = await this.box.syncAll(this.phone, { syncToken: this.token, limit });
    this.token = syncToken;
    return { changes: short(changes), all: changes, pages };
  }
}
