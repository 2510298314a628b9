import type { ConversationElement, MessageItem, MessageStorageClient } from '../../client/index.js';
import type { Stage } from '../model/stage.js';
import type { Attempt } from './attempt.js';
import { useHeld } from './use-held.js';

interface ReportsProps {
  stage: Stage;
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

/** Delivery and display notifications for what the user has sent last. */
export function Reports({ stage, conversation: { id }, attempt }: ReportsProps) {
  const read = async (client: MessageStorageClient) => ({ item: await lastSent(client, id) });
  const onPhone = useHeld(stage.devices.phone, read, [id]);
  const onTablet = useHeld(stage.devices.tablet, read, [id]);
  const newest = [onPhone?.item, onTablet?.item]
    .filter((item) => item !== undefined)
    .sort((a, b) => (a.message.date < b.message.date ? 1 : -1))[0];
  const report = (disposition: 'delivered' | 'displayed') => {
    if (newest) void attempt(() => stage.participating.report(newest.message, disposition));
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
