import { useEffect, useState } from 'preact/hooks';
import type { MessageItem } from '../../client/index.js';
import type { DemoDevice } from '../model/device.js';
import { nameOf } from '../model/people.js';
import { Avatar } from './avatar.js';
import { Compose } from './compose.js';
import { folderName } from './folder-bar.js';
import { Icon } from './icons.js';
import { MessageList } from './message-list.js';
import { titleOf } from './titles.js';
import { useHeld } from './use-held.js';

interface ConversationProps {
  device: DemoDevice;
  conversationId: string;
  onBack: () => void;
}

/** One conversation history: who is in it, where it is, what was said, and a place to answer. */
export function ConversationView({ device, conversationId, onBack }: ConversationProps) {
  const [answered, setAnswered] = useState<MessageItem>();
  const held = useHeld(device, async (client) => ({ item: await client.conversation(conversationId) }), [
    conversationId,
  ]);
  const unread = held?.item?.unread ?? 0;
  useEffect(() => {
    if (unread > 0) void device.client.markRead(conversationId);
  }, [device, conversationId, unread]);
  useEffect(() => setAnswered(undefined), [conversationId]);

  if (!held) return <p class="hint">Reading …</p>;
  if (!held.item)
    return (
      <div class="gone">
        <p class="hint">This conversation is not on this device any more.</p>
        <button type="button" class="small" onClick={onBack}>
          Back to the list
        </button>
      </div>
    );
  const { conversation } = held.item;
  const title = titleOf(conversation, device.user);
  const others = conversation.participants.filter((uri) => uri !== device.user);
  return (
    <div class="chat">
      <header class="chat-head">
        <button type="button" class="action back" aria-label="Back to the list" title="Back" onClick={onBack}>
          <Icon name="back" />
        </button>
        <Avatar name={title} />
        <div class="chat-title">
          <h3>{title}</h3>
          <p>
            {conversation.kind === 'group'
              ? others.map((uri) => nameOf(uri, device.user)).join(', ')
              : others[0]?.replace(/^tel:/, '')}
          </p>
        </div>
        <FolderChoice device={device} conversationId={conversationId} folderId={conversation.folderId} />
        <DeleteButton
          key={conversationId}
          onDelete={() => {
            onBack();
            void device.client.deleteConversation(conversationId);
          }}
        />
      </header>
      <MessageList key={conversationId} device={device} conversation={conversation} onReply={setAnswered} />
      <Compose
        device={device}
        conversation={conversation}
        answered={answered}
        onAnswered={() => setAnswered(undefined)}
      />
    </div>
  );
}

interface FolderChoiceProps {
  device: DemoDevice;
  conversationId: string;
  folderId: string;
}

function FolderChoice({ device, conversationId, folderId }: FolderChoiceProps) {
  const folders = useHeld(device, (client) => client.folders()) ?? [];
  return (
    <select
      class="folder-choice"
      aria-label="Folder of this conversation"
      title="Move to a folder"
      value={folderId}
      onChange={({ currentTarget }) => device.client.moveConversation(conversationId, currentTarget.value)}
    >
      {!folders.some(({ folder }) => folder.id === folderId) && (
        <option value={folderId}>{folderName({ id: folderId, name: folderId })}</option>
      )}
      {folders
        .filter(({ folder }) => folder.id !== 'RCSMessageStore')
        .map(({ folder }) => (
          <option key={folder.id} value={folder.id}>
            {folderName(folder)}
          </option>
        ))}
    </select>
  );
}

/** Asks once more, since it goes on all devices. */
function DeleteButton({ onDelete }: { onDelete: () => void }) {
  const [isSure, setSure] = useState(false);
  if (isSure)
    return (
      <button type="button" class="small danger" onClick={onDelete} onBlur={() => setSure(false)}>
        Delete everywhere?
      </button>
    );
  return (
    <button
      type="button"
      class="action"
      aria-label="Delete this conversation"
      title="Delete this conversation"
      onClick={() => setSure(true)}
    >
      <Icon name="trash" />
    </button>
  );
}
