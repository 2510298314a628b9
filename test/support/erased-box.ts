import { assignToDevice } from '../../core/admin/policies.js';
import { issueTicket } from '../../core/admin/tickets.js';
import type { ExpiredElement } from '../../core/lifecycle/expire.js';
import { schedulePurge } from '../../core/lifecycle/schedule-purge.js';
import { latestVersionOf } from '../../core/model/effects.js';
import type { Commit, Head, LogEntry } from '../../core/model/log-entry.js';
import type { Core } from '../../core/ports/core.js';
import type { PurgeMessage } from '../../core/ports/purge-queue.js';
import { connected } from '../../core/push/connections.js';
import { synchronize } from '../../core/read/synchronize.js';
import type { Caller } from '../../core/write/device-operations.js';
import type { PolicyId } from '../../protocol/ids.js';
import { syncBodySchema } from '../../protocol/sync.js';
import { aConversation, aMessage, BOX, removal, stateChange } from './builders.js';
import { Erasable } from './erasable.js';
import { bytesHeld, elementsIn } from './model/stored.js';

export const SETTLE_SECONDS = 60;
export const KIOSK = 'kiosk' as PolicyId;

/** A small box with a connected device, a push and a container under way, and an operation processed. */
export class ErasedBox extends Erasable {
  phone!: Caller;
  token = '';
  commit!: Commit;
  purgeMessage!: PurgeMessage;
  old: LogEntry[] = [];
  expired: ExpiredElement[] = [];
  ticket = '';
  epoch = '';
  private readonly connecting = new Set<string>();

  async begin(): Promise<this> {
    await this.registry.putPolicy(KIOSK, { maxTextBytes: 1000 });
    await this.deposit(BOX, aConversation(), aMessage({ id: 'old 1' }), aMessage({ id: 'old 2' }));
    this.phone = await this.device(BOX, 'phone', { pushWindowMs: 0 });
    ({ syncToken: this.token } = await this.sync(this.phone, {
      operations: [
        { ...stateChange('old 1', { addFlags: ['x'] }), n: 1 },
        { ...stateChange('old 2', { addFlags: ['x'] }), n: 2 },
      ],
    }));
    await connected(this.core, this.phone, { id: 'A', atMs: this.clock.nowMs - 600_000 });
    this.open.add('A');
    ({ ticket: this.ticket } = await issueTicket(this.core, BOX, this.phone.deviceId));
    await this.deposit(BOX, removal('conversationHistory', 'c1'));
    await this.deposit(BOX, aMessage({ id: 'old 3', conversationId: 'c2' }));
    const commits = await this.commits(BOX);
    for (const commit of commits) await schedulePurge(this.core, BOX, commit);
    [this.purgeMessage] = this.purges.splice(0) as [PurgeMessage];
    this.commit = commits.at(-1) as Commit;
    this.old = await this.entries(BOX);
    const element = {
      kind: 'message',
      sk: 'E#c2#M#old 0',
      version: this.commit.version - 1,
      modSeq: 1,
      id: 'old 0',
      conversationId: 'c2',
    };
    const data = { date: '2026-02-28T09:00:00Z', messageContext: 'pager-message' };
    this.expired = [{ element: { ...element, data } as never, removedAtMs: this.clock.nowMs }];
    await assignToDevice(this.core, BOX, this.phone.deviceId, KIOSK); // its scope changes with its next request
    this.epoch = this.head()?.epoch ?? '';
    return this;
  }

  /** The newest entry, while the box is not being erased. */
  head(): Head | undefined {
    const newest = this.newest();
    return newest?.erasing ? undefined : newest;
  }

  request(core: Core, body: object) {
    return synchronize(core, this.phone, syncBodySchema.parse(body));
  }

  async connect(core: Core, id: string) {
    this.connecting.add(id);
    const isIn = await connected(core, this.phone, { id, atMs: this.clock.nowMs + 1 });
    this.connecting.delete(id);
    if (isIn && !this.closed.includes(id)) this.open.add(id);
  }

  /** The box that is created again resembles the old one: device, conversation history and number of commits are the same. */
  async beginAnew(): Promise<void> {
    await this.deposit(BOX, aConversation(), aMessage({ id: 'fresh' }));
    const { phone } = this;
    await this.device(BOX, 'phone', { pushWindowMs: 0 });
    await this.sync(phone, { operations: [{ ...stateChange('fresh', { addFlags: ['y'] }), n: 1 }] });
    for (let i = 0; i < 2; i++) await this.deposit(BOX, aMessage({ id: `fresh ${i}` }));
    await assignToDevice(this.core, BOX, phone.deviceId, KIOSK);
  }

  /** A device and a user keep their data in the box that was created again. */
  async expectAnewUntouched(): Promise<void> {
    await this.projected(BOX);
    const items = this.store.all(BOX);
    expect(items.find((item) => item.kind === 'message' && item.id === ('fresh' as never))).toMatchObject({
      state: { flags: ['y'] },
    });
    const device = this.registry.deviceNow(BOX, this.phone.deviceId);
    if (device?.instanceId === this.phone.instanceId) expect(device.idempotency).toMatchObject({ lastN: 1 });
  }

  /** After all messages: nothing is left, or only a box that was created again, complete and with nothing of the old one. */
  async expectErased() {
    for (let i = 0; this.erasures.length > 0 && i < 20; i++) await this.work(this.core, SETTLE_SECONDS);
    const head = this.head();
    if (head) await this.projected(BOX);
    const items = this.store.all(BOX);
    const records = await this.registry.devices(BOX);
    expect([...this.open].filter((id) => !records.some(({ connectionId }) => connectionId === id))).toEqual(
      [],
    );
    if (!head) {
      expect(items).toEqual([]);
      expect(this.left()).toBe(0);
      return;
    }
    expect(head.epoch).not.toBe(this.epoch);
    const entries = items.filter((item) => item.kind === 'entry');
    expect(entries.map(({ index }) => index)).toEqual(entries.map((_, i) => head.firstIndex + i));
    expect(entries.map(({ previous }) => previous)).toEqual(
      ['', ...entries.map(({ nonce }) => nonce)].slice(0, -1),
    );
    expect(entries.at(-1)?.nonce).toBe(head.nonce);
    let modSeq = 0;
    expect(entries.map((entry) => entry.modSeq)).toEqual(
      entries.map(({ rows }) => (rows.length > 0 ? ++modSeq : modSeq)),
    );
    for (const item of items) expect(latestVersionOf(item)).toBeGreaterThanOrEqual(head.firstIndex);
    expect(JSON.stringify(items)).not.toMatch(/"old \d"/);
    const of = (type: string) => elementsIn(items).filter((each) => each.type === type).length;
    expect(head.counts).toEqual({
      folder: of('folder'),
      conversationHistory: of('conversationHistory'),
      sessionHistory: 0,
      message: of('message'),
      messageState: of('messageState'),
      bytes: bytesHeld(items),
    });
    expect(head.devices).toBe(records.length);
    const named = records.flatMap((device) => [device.preferencesNonce, ...device.scopeNonces]);
    const kept = items
      .filter(({ kind }) => kind === 'scope' || kind === 'preferences')
      .map(({ sk }) => sk.split('#').at(-1));
    for (const nonce of named) expect(kept).toContain(nonce);
  }
}
