import type { ConversationElement, MessageItem, MessageStorageClient } from '../../client/index.js';
import type { DemoWorld } from '../model/demo-world.js';
import type { Attempt } from './attempt.js';
import { useQuery } from './use-query.js';

interface ReportsProps {
  world: DemoWorld;
  conversation: ConversationElement;
  attempt: Attempt;
}

const lastSent = async (
  client: MessageStorageClient,
  conversationId: string,
): Promise<MessageItem | undefined> => {
  const { items } = await client.messages(conversationId, { limit: 100 });
  return items.find(({ message, isPending }) => message.direction === 'Out' && !isPending);
};

/** Deposits disposition notifications for the last message of the user. */
export function Reports({ world, conversation: { id }, attempt }: ReportsProps) {
  const read = async (client: MessageStorageClient) => ({ item: await lastSent(client, id) });
  const onPhone = useQuery(world.devices.phone, read, [id]);
  const onTablet = useQuery(world.devices.tablet, read, [id]);
  const newest = [onPhone?.item, onTablet?.item]
    .filter((item) => item !== undefined)
    .sort((a, b) => (a.message.date < b.message.date ? 1 : -1))[0];
  const report = (disposition: 'delivered' | 'displayed') => {
    if (newest) void attempt(() => world.participating.report(newest.message, disposition));
  };
  return (
    <div class="tool">
      <p>
        {newest ? (
          <>
            Your last message, <q>{newest.message.textContent}</q>, was
          </>
        ) : (
          'Notifications: send a message in this conversation first.'
        )}
      </p>
      <div class="row">
        <button type="button" class="small" disabled={!newest} onClick={() => report('delivered')}>
          Delivered
        </button>
        <button type="button" class="small" disabled={!newest} onClick={() => report('displayed')}>
          Displayed
        </button>
      </div>
    </div>
  );
}
