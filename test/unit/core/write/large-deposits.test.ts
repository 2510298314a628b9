import type { BoxId } from '../../../../core/model/items.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import { aConversation, aMessage, BOX } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { Rig } from '../../../support/rig.js';

/** Notes how large each commit is: its entry, and what is put beside the entry before it. */
class MeasuringStore extends MemoryStore {
  readonly commits: number[] = [];
  private aside = 0;

  override async put(...args: Parameters<MemoryStore['put']>) {
    this.aside += JSON.stringify(args[1]).length;
    return super.put(...args);
  }

  override async append(box: BoxId, entry: LogEntry) {
    this.commits.push(this.aside + JSON.stringify(entry).length);
    this.aside = 0;
    return super.append(box, entry);
  }
}

const messages = Array.from({ length: 50 }, (_, i) =>
  aMessage({ id: `m${i}`, textContent: 'x'.repeat(60_000) }),
);

test('deposits that exceed what one commit holds are stored in smaller commits, in their order', async () => {
  const store = new MeasuringStore();
  const rig = new Rig(store);
  await rig.deposit(BOX, aConversation());
  let requests = 0;
  for (let rest = messages; rest.length > 0; requests++) {
    const { results } = await rig.deposit(BOX, ...rest);
    expect(results.length).toBeGreaterThan(0);
    for (const { status } of results) expect(status).toBe('applied');
    rest = rest.slice(results.length);
  }
  expect(requests).toBeGreaterThan(1);
  for (const bytes of store.commits) expect(bytes).toBeLessThan(6_000_000);
  const { changes } = await rig.syncAll(await rig.device(BOX, 'phone'));
  expect(changes.filter(({ type }) => type === 'message')).toHaveLength(50);
});

test('a commit takes operations as long as those before have at most 1.5 MB', async () => {
  const rig = new Rig();
  await rig.deposit(BOX, aConversation());
  const { results } = await rig.deposit(BOX, ...messages);
  expect(results.length).toBeGreaterThanOrEqual(10);
  expect(results.length).toBeLessThanOrEqual(27);
});
