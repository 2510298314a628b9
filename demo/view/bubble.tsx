import type { MessageItem } from '../../client/index.js';
import type { DemoDevice } from '../model/device.js';
import { firstNameOf } from '../model/people.js';
import { Icon } from './icons.js';
import { Ticks } from './ticks.js';
import { timeText } from './words.js';

export interface BubbleProps {
  device: DemoDevice;
  item: MessageItem;
  quoted: MessageItem | undefined; // the message that it answers
  showsSender: boolean;
  onReply: (item: MessageItem) => void;
}

/** A message with its actions. */
export function Bubble({ device, item, quoted, showsSender, onReply }: BubbleProps) {
  const { message, flags, isHeld, isPending } = item;
  const isOut = message.direction === 'Out';
  const isFlagged = flags.includes('\\Flagged');
  const sender = firstNameOf(message.from, device.user);
  const about = `message of ${sender} at ${timeText(message.date)}`;
  return (
    <li class="message" data-out={isOut || undefined} data-message={message.id}>
      <div class="bubble" data-kept={isHeld} data-pending={isPending || undefined}>
        {showsSender && <span class="sender">{sender}</span>}
        {message.inReplyToMessageId && (
          <span class="quote">
            {quoted?.message.textContent ?? 'A message that this device does not hold'}
          </span>
        )}
        <span class="text">{message.textContent ?? message.subject ?? message.contentType}</span>
        <span class="meta">
          {isFlagged && <Mark name="flag" label="flagged" />}
          {flags.includes('\\Answered') && <Mark name="reply" label="answered" />}
          {!isHeld && <span>from the server</span>}
          {!isOut && flags.includes('\\Seen') && <span class="for-readers">seen</span>}
          <time dateTime={message.date}>{timeText(message.date)}</time>
          {isOut && <Ticks item={item} />}
        </span>
      </div>
      {isHeld && (
        <div class="actions">
          <Action icon="reply" label="Reply" about={about} onClick={() => onReply(item)} />
          <Action
            icon="flag"
            label={isFlagged ? 'Unflag' : 'Flag'}
            about={about}
            onClick={() => setFlagged(device, item, !isFlagged)}
          />
          <Action
            icon="trash"
            label="Delete"
            about={about}
            onClick={() => device.client.deleteMessage(message.conversationId, message.id)}
          />
        </div>
      )}
    </li>
  );
}

const setFlagged = ({ client }: DemoDevice, { message }: MessageItem, isFlagged: boolean) =>
  client.setFlags(message.conversationId, message.id, {
    [isFlagged ? 'add' : 'remove']: ['\\Flagged'],
  });

const Mark = ({ name, label }: { name: 'flag' | 'reply'; label: string }) => (
  <span class="mark" role="img" aria-label={label} title={label}>
    <Icon name={name} isFilled={name === 'flag'} />
  </span>
);

interface ActionProps {
  icon: 'reply' | 'flag' | 'trash';
  label: string;
  about: string;
  onClick: () => void;
}
const Action = ({ icon, label, about, onClick }: ActionProps) => (
  <button type="button" class="action" title={label} aria-label={`${label}: ${about}`} onClick={onClick}>
    <Icon name={icon} />
  </button>
);
