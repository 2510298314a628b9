import type { ConversationItem } from '../../client/index.js';
import type { DemoDevice } from '../model/device.js';
import { Avatar } from './avatar.js';
import { Ticks } from './ticks.js';
import { previewOf, titleOf } from './titles.js';
import { useQuery } from './use-query.js';
import { counted, shortTime } from './words.js';

interface ListProps {
  device: DemoDevice;
  folderId: string | undefined; // undefined: all folders
  chosen: string | undefined;
  onChoose: (conversationId: string) => void;
}

/** The conversation histories of a folder, the one with the latest message first. */
export function ConversationList({ device, folderId, chosen, onChoose }: ListProps) {
  const listed = useQuery(
    device,
    (client) => client.conversations({ limit: 100, ...(folderId && { folderId }) }),
    [folderId],
  );
  if (!listed) return <p class="hint">Reading …</p>;
  if (listed.items.length === 0) return <p class="hint">No conversations here on this device.</p>;
  return (
    <ul class="conversations">
      {listed.items.map((item) => (
        <li key={item.conversation.id}>
          <ConversationLine
            item={item}
            me={device.user}
            isChosen={item.conversation.id === chosen}
            onChoose={onChoose}
          />
        </li>
      ))}
    </ul>
  );
}

interface LineProps {
  item: ConversationItem;
  me: string;
  isChosen: boolean;
  onChoose: (conversationId: string) => void;
}

function ConversationLine({ item: { conversation, unread, newest }, me, isChosen, onChoose }: LineProps) {
  const title = titleOf(conversation, me);
  return (
    <button
      type="button"
      class="conversation"
      aria-current={isChosen ? 'true' : undefined}
      data-conversation={conversation.id}
      data-unread={unread > 0 || undefined}
      onClick={() => onChoose(conversation.id)}
    >
      <Avatar name={title} />
      <span class="conversation-title">{title}</span>
      <span class="conversation-time">{newest && shortTime(newest.message.date)}</span>
      <span class="conversation-preview">
        {newest?.message.direction === 'Out' && <Ticks item={newest} />}
        <span>
          {newest ? previewOf(newest.message, conversation.kind, me) : 'No messages on this device'}
        </span>
      </span>
      {unread > 0 && (
        <span class="unread" title={counted(unread, 'unread message')}>
          {unread}
          <span class="for-readers"> unread</span>
        </span>
      )}
    </button>
  );
}
