import type { Entry } from '../../../client/stores/local-store.js';
import type { View, Wire } from '../model/elements.js';

/** Derives summaries and orders from the elements again. @returns the differences from the store. */
export function checkDerived(entries: readonly Entry[], shown: View, confirmed: View): string[] {
  const wrong: string[] = [];
  const expectedOrders: string[] = [];
  const rows = new Map(entries);
  const messages = [...shown.values()].filter(({ type }) => type === 'message');
  for (const [key, value] of rows) {
    if (!key.startsWith('H\n')) continue;
    const { summary, conversationHistory } = value as {
      summary?: { unread: number; newest?: { id: string; date: string } };
      conversationHistory?: { confirmed?: Wire; optimistic?: Wire | null };
    };
    const id = conversationOf(key, messages, conversationHistory);
    const own = messages.filter(({ conversationId }) => conversationId === id);
    const unread = own.filter((message) => message.direction === 'In' && !isSeen(shown, message)).length;
    const newest = own.reduce<Wire | undefined>(
      (best, each) => (best && isAfter(best.id, each.id) ? best : each),
      undefined,
    );
    if ((summary?.unread ?? 0) !== unread)
      wrong.push(`${id} has ${unread} unread, and notes ${summary?.unread}`);
    if (summary?.newest?.id !== newest?.id || summary?.newest?.date !== newest?.date)
      wrong.push(`the newest of ${id} is ${newest?.id}, and it notes ${JSON.stringify(summary?.newest)}`);
    const { optimistic, confirmed: known } = conversationHistory ?? {};
    const history = optimistic === undefined ? known : optimistic;
    if (!history) continue;
    const time = newest ? timeOf(newest.date as string) : '0'.repeat(16);
    expectedOrders.push(`A ${time} ${id}`, `B ${history.folderId} ${time} ${id}`);
  }
  const orders = entries.flatMap(([key, id]) => {
    const parts = key.split('\n');
    if (parts[0] === 'A') return [`A ${parts[1]} ${id}`];
    if (parts[0] !== 'B') return [];
    return [`B ${decoded(parts[1] ?? '')} ${parts[2]} ${id}`];
  });
  if (orders.sort().join('\n') !== expectedOrders.sort().join('\n'))
    wrong.push(`conversations are ordered\n${orders.join('\n')}\nand not\n${expectedOrders.join('\n')}`);

  const dates = entries.filter(([key]) => key.startsWith('D\n')).map(([, value]) => JSON.stringify(value));
  const expectedDates = [...confirmed.values()]
    .filter(({ type }) => type === 'message')
    .map(({ conversationId, id }) => JSON.stringify({ conversationId, id }));
  if (dates.sort().join() !== expectedDates.sort().join()) wrong.push('messages are dated wrongly');
  return wrong;
}

const decoded = (part: string): string =>
  decodeURIComponent(part.replaceAll('%', '%25').replaceAll('~', '%'));
const conversationOf = (key: string, _: unknown, __: unknown): string => decoded(key.slice(2));
const timeOf = (date: string): string => String(Date.parse(date) + 1e14).padStart(16, '0');
const isSeen = (shown: View, { id, conversationId }: Wire): boolean =>
  ((shown.get(`messageState\n${conversationId}\n${id}`)?.flags as string[]) ?? []).includes('\\Seen');
const isAfter = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
