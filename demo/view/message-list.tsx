import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ConversationElement, MessageItem, SessionItem } from '../../client/index.js';
import type { DemoDevice } from '../model/device.js';
import { Bubble } from './bubble.js';
import { SessionLine } from './session-line.js';
import { useQuery } from './use-query.js';
import { dayText } from './words.js';

const PAGE = 40; // messages

interface MessageListProps {
  device: DemoDevice;
  conversation: ConversationElement;
  onReply: (item: MessageItem) => void;
}

/** The messages of a conversation, the latest last, with session histories and days between them. */
export function MessageList({ device, conversation, onReply }: MessageListProps) {
  const { id, kind } = conversation;
  const [limit, setLimit] = useState(PAGE);
  const [isWithHistory, setWithHistory] = useState(false);
  const result = useQuery(
    device,
    async (client) => {
      const read = { limit };
      const messages = isWithHistory ? client.messagesAndHistory(id, read) : client.messages(id, read);
      return { messages: await messages, sessions: await client.sessions(id) };
    },
    [id, limit, isWithHistory],
  );
  const [kept, setKept] = useState(result);
  useEffect(() => {
    if (result) setKept(result);
  }, [result]);
  const shown = result ?? kept;
  const list = useRef<HTMLOListElement>(null);
  const newest = shown?.messages.items[0]?.message.id;
  useLayoutEffect(() => {
    if (newest && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [newest, id]);

  if (!shown) return <p class="hint">Reading …</p>;
  const { items, next } = shown.messages;
  const earlier = () => {
    if (next === undefined) setWithHistory(true);
    setLimit(limit + PAGE);
  };
  const isAllShown = next === undefined && isWithHistory;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by the keyboard
    <ol class="messages" ref={list} tabIndex={0} aria-label="Messages">
      {!isAllShown && (
        <li class="earlier">
          <button type="button" class="small" onClick={earlier}>
            {next === undefined ? 'Earlier messages from the server' : 'Earlier messages'}
          </button>
        </li>
      )}
      {items.length === 0 && <li class="hint">No messages on this device.</li>}
      {linesOf(items, shown.sessions).map((line) => {
        if (line.kind === 'day')
          return (
            <li class="day" key={line.key}>
              {line.text}
            </li>
          );
        if (line.kind === 'session')
          return <SessionLine key={line.key} session={line.item.session} me={device.user} />;
        const { item } = line;
        return (
          <Bubble
            key={line.key}
            device={device}
            item={item}
            quoted={items.find(({ message }) => message.id === item.message.inReplyToMessageId)}
            showsSender={kind === 'group' && item.message.direction === 'In'}
            onReply={onReply}
          />
        );
      })}
    </ol>
  );
}

type Line =
  | { kind: 'day'; key: string; text: string }
  | { kind: 'session'; key: string; item: SessionItem }
  | { kind: 'message'; key: string; item: MessageItem };

/** Sorts lines, oldest first. A message at the start of a session follows the line of the session. */
function linesOf(items: readonly MessageItem[], sessions: readonly SessionItem[]): Line[] {
  const dated = [
    ...sessions.map((item) => ({
      at: item.session.startedAt,
      line: { kind: 'session' as const, key: `session ${item.session.id}`, item },
    })),
    ...items.map((item) => ({
      at: item.message.date,
      line: { kind: 'message' as const, key: item.message.id as string, item },
    })),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  let day = '';
  return dated.flatMap(({ at, line }): Line[] => {
    const text = dayText(at);
    if (text === day) return [line];
    day = text;
    return [{ kind: 'day', key: `day ${text}`, text }, line];
  });
}
