import { expireElements } from '../../../../core/lifecycle/expire.js';
import { elementBytes, isElement } from '../../../../core/model/element.js';
import type { StoredMessage } from '../../../../core/model/items.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import type { Core } from '../../../../core/ports/core.js';
import { deposit } from '../../../../core/write/deposit.js';
import type { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX, deletion, removal, stateChange } from '../../../support/builders.js';
import { extent } from '../../../support/extent.js';
import { Actor, inManyOrders, interleave } from '../../../support/interleaving.js';
import { aRetainingBox, passDays, removeExpired } from '../../../support/time-to-live.js';

jest.setTimeout(60_000);

const isMessage = (item: StoredItem): item is StoredMessage => item.kind === 'message';

async function itemsOf(box: BoxUnderTest): Promise<readonly StoredItem[]> {
  return (await box.store.query(BOX, { from: 'E#', to: 'E$', limit: 1000 })).items;
}

/** Actions of others during the expiry of m1, with a state, and m2 of conversation history c1. */
const MEANWHILE: Record<string, (core: Core) => Promise<unknown>> = {
  'the same is noted too': async () => {}, // as in every play
  'others are deposited': (core) =>
    deposit(core, BOX, [aMessage({ id: 'm3', seed: false, inReplyToMessageId: 'm1' })]),
  'one of them is deposited anew': (core) => deposit(core, BOX, [aMessage({ id: 'm1', seed: false })]),
  'one of them is deposited anew and deleted': async (core) => {
    await deposit(core, BOX, [aMessage({ id: 'm1', seed: false })]);
    await deposit(core, BOX, [deletion('m1')]);
  },
  'operations on them come': (core) =>
    deposit(core, BOX, [stateChange('m1', { addFlags: ['\\Flagged'] }), deletion('m2')]),
  'their conversation history begins anew': (core) =>
    deposit(core, BOX, [removal('conversationHistory', 'c1'), aMessage({ id: 'm4' })]),
};

test.each(Object.entries(MEANWHILE))(
  'while %s, an expiry is noted twice: it is told once, and counts are as many as are there',
  async (_, meanwhile) => {
    const orders = await inManyOrders(
      async (choose) => {
        const box = await aRetainingBox(30);
        await box.given(aMessage({ id: 'm1', flags: ['\\Seen'] }), aMessage({ id: 'm2', seed: false }));
        const { modSeq: before } = await box.head();
        passDays(box, 30);
        const expired = removeExpired(box);
        const note = (core: Core) => expireElements(core, BOX, expired);
        const actors = [
          new Actor('note', box.core, note),
          new Actor('note again', box.core, note),
          new Actor('meanwhile', box.core, meanwhile),
        ];
        await interleave(actors, choose);
        expect(actors.flatMap(({ error }) => error ?? [])).toEqual([]);

        const rows = (await box.commits(BOX))
          .filter(({ modSeq }) => modSeq > before)
          .flatMap((commit) => commit.rows);
        const told = rows.flatMap(({ id, removed }) => (removed === 'expired' ? [id] : []));
        expect(new Set(told).size).toBe(told.length);

        await box.projected(BOX);
        const items = await itemsOf(box);
        const { counts, modSeq } = await box.head();
        const messages = items.filter(isMessage);
        expect(counts.message).toBe(messages.length);
        expect(counts.messageState).toBe(messages.filter(({ state }) => state).length);
        const others = await box.store.query(BOX, { from: 'F#', to: 'H$', limit: 100 });
        const bytes = [...messages, ...others.items].filter(isElement).map(elementBytes);
        expect(counts.bytes).toBe(bytes.reduce((sum, each) => sum + each, 0));
        expect(modSeq).toBe((await box.commits(BOX)).length);

        // An element that was not deposited again is gone from here on.
        const live = new Set<string>(messages.map(({ id }) => id));
        for (const id of ['m1', 'm2'].filter((each) => !live.has(each))) {
          expect(await box.statuses(aMessage({ id }))).toEqual(['gone']);
        }
      },
      { atMost: extent(10, 40) },
    );
    expect(orders).toBe(extent(20, 80));
  },
);
