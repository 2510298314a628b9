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
import { useQuery } from './use-query.js';

interface ConversationProps {
  device: DemoDevice;
  conversationId: string;
  onBack: () => void;
}

/** One conversation history: its participants, folder and messages, and the form for a new message. */
export function ConversationView({ device, conversationId, onBack }: ConversationProps) {
  const [answered, setAnswered] = useState<MessageItem>();
  const result = useQuery(device, async (client) => ({ item: await client.conversation(conversationId) }), [
    conversationId,
  ]);
  const unread = result?.item?.unread ?? 0;
  useEffect(() => {
    if (unread > 0) void device.client.markRead(conversationId);
  }, [device, conversationId, unread]);
  useEffect(() => setAnswered(undefined), [conversationId]);

  if (!result) return <p class="hint">Reading …</p>;
  if (!result.item)
    return (
      <div class="gone">
        <p class="hint">This device no longer holds this conversation.</p>
        <button type="button" class="small" onClick={onBack}>
          Back to the list
        </button>
      </div>
    );
  const { conversation } = result.item;
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
  const folders = useQuery(device, (client) => client.folders()) ?? [];
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

/** Asks for confirmation, because the deletion affects all devices. */
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
