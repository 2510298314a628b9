import { useEffect, useRef } from 'preact/hooks';
import type { ConversationElement, MessageItem } from '../../client/index.js';
import type { DemoDevice } from '../model/device.js';
import { Icon } from './icons.js';

interface ComposeProps {
  device: DemoDevice;
  conversation: ConversationElement;
  answered: MessageItem | undefined;
  onAnswered: () => void; // after the answer was sent or cancelled
}

/** The form for a new message. Enter sends it; Shift and Enter begin a new line. */
export function Compose({ device, conversation, answered, onAnswered }: ComposeProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (answered) field.current?.focus();
  }, [answered]);
  const send = async (event?: Event) => {
    event?.preventDefault();
    const text = field.current?.value.trim();
    if (!text || !field.current) return;
    field.current.value = '';
    onAnswered();
    const { id, kind, participants } = conversation;
    await device.client.createMessage(
      id,
      {
        from: device.user,
        to: participants.filter((uri) => uri !== device.user),
        textContent: text,
        ...(answered && { inReplyToMessageId: answered.message.id }),
      },
      { conversation: { kind, participants } },
    );
  };
  return (
    <form class="compose" onSubmit={send}>
      {answered && (
        <div class="answering">
          <span>
            Reply to: <q>{answered.message.textContent}</q>
          </span>
          <button
            type="button"
            class="action"
            aria-label="Do not reply"
            title="Do not reply"
            onClick={onAnswered}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      <textarea
        ref={field}
        rows={1}
        aria-label={`Message from the ${device.name.toLowerCase()}`}
        placeholder={`Write from the ${device.name.toLowerCase()}`}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) void send(event);
          if (event.key === 'Escape') onAnswered();
        }}
      />
      <button type="submit" class="send" aria-label="Send" title="Send">
        <Icon name="send" />
      </button>
    </form>
  );
}
