import { registerDevice } from '../../core/admin/devices.js';
import { writesOf } from '../../core/log/projection.js';
import { withBody } from '../../core/model/effects.js';
import { bodyKey } from '../../core/model/keys.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import type { SyncResponse } from '../../protocol/sync.js';
import type { BoxUnderTest } from './box-under-test.js';
import { BOX } from './builders.js';
import { MemoryBox, type MemoryStore } from './memory-store.js';
import { ClientModel } from './model/client/client.js';
import type { Interpretation } from './model/client/held.js';
import type { Intended } from './model/client/wire.js';
import { canonical, type WireEffective } from './model/elements.js';
import { livingOf, scopeOfBox } from './model/oracle.js';
import { elementsIn, ofThisLife } from './model/stored.js';

const PAGES_MAX = 500;

/** A device with a client that knows only the protocol. Compares it with the contents of the box. */
export class DeviceUnderTest {
  readonly model: ClientModel;

  constructor(
    private readonly box: BoxUnderTest,
    readonly deviceId: string,
    interpretation: Interpretation,
  ) {
    this.model = new ClientModel(`${deviceId}-1`, {
      interpretation,
      appliesTwice: false,
      prunesAtOnce: true,
    });
  }

  async register(preferences: object = {}): Promise<void> {
    const registration = { instanceId: this.model.instanceId, preferences } as never;
    const { device } = await registerDevice(this.box.core, BOX, this.deviceId as never, registration);
    this.model.registered({ effective: device.effective as WireEffective }, this.box.clock.now());
  }

  /** One request and its response. */
  async page(limit = 200): Promise<SyncResponse> {
    const request = this.model.request(limit, 50);
    const { instanceId, ...body } = request;
    const caller = { box: BOX, deviceId: this.deviceId, instanceId } as never;
    const response = await this.box.sync(caller, body as never);
    expect(this.model.receive(request, response, this.box.clock.now())).toBe(true);
    return response;
  }

  /** Requests pages until the last one. */
  async synchronize(limit = 200): Promise<SyncResponse[]> {
    const pages = [await this.page(limit)];
    while (pages.at(-1)?.hasMore) {
      if (pages.length > PAGES_MAX) throw new Error(`the synchronization must end within ${PAGES_MAX} pages`);
      pages.push(await this.page(limit));
    }
    return pages;
  }

  async does(...operations: object[]): Promise<void> {
    this.model.intend(...(operations as Intended[]));
  }

  /** Expects that the device holds exactly the elements of its scope. */
  async expectExact(): Promise<void> {
    const { effective } = this.model;
    if (!effective) throw new Error('the device is not registered');
    const items = await this.stored();
    const nowMs = this.box.clock.now();
    const written = (view: ReadonlyMap<string, unknown>) => [...view.values()].map(canonical).sort();
    expect(written(this.model.view(nowMs))).toEqual(
      written(scopeOfBox(livingOf(elementsIn(ofThisLife(items))), effective, nowMs)),
    );
  }
  /** The elements of the box, computed from the items and the log without the code of the core. */
  private async stored(): Promise<readonly StoredItem[]> {
    const copy = new MemoryBox();
    for (const [sk, item] of (this.box.store as MemoryStore).box(BOX).items) copy.items.set(sk, item);
    for (const entry of await this.box.entries(BOX)) for (const write of writesOf(entry)) copy.project(write);
    const all = [...copy.items.values()].filter(({ kind }) => kind !== 'body');
    return all.map((item) =>
      item.kind === 'message' ? withBody(item, copy.items.get(bodyKey(item.sk))) : item,
    );
  }
}
