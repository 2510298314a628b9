import { useEffect, useState } from 'preact/hooks';
import type { MessageElement, MessageStorageClient } from '../../client/index.js';
import type { DemoDevice } from '../model/device.js';
import { nameOf } from '../model/people.js';
import { counted, shortTime } from './words.js';

const SHOWN = 50;

/** The messages of the device whose text contains the words, the latest first. */
async function find(client: MessageStorageClient, words: string): Promise<MessageElement[]> {
  const wanted = words.toLowerCase();
  const found: MessageElement[] = [];
  for await (const element of client.elements()) {
    if (element.type === 'message' && element.textContent?.toLowerCase().includes(wanted))
      found.push(element);
  }
  return found.sort((a, b) => (a.date < b.date ? 1 : -1));
}

interface ResultsProps {
  device: DemoDevice;
  words: string;
  onChoose: (conversationId: string) => void;
}

export function SearchResults({ device, words, onChoose }: ResultsProps) {
  const [found, setFound] = useState<MessageElement[]>();
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(async () => {
      const messages = await find(device.client, words);
      if (!isOver) setFound(messages);
    }, 150);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [device, words]);
  if (!found) return <p class="hint">Searching …</p>;
  return (
    <div class="results">
      <p class="hint" role="status">
        {counted(found.length, 'message')} on this device
        {found.length > SHOWN && `, the latest ${SHOWN} shown`}
      </p>
      <ul class="conversations">
        {found.slice(0, SHOWN).map((message) => (
          <li key={message.id}>
            <button type="button" class="result" onClick={() => onChoose(message.conversationId)}>
              <span class="conversation-title">{nameOf(message.from, device.user)}</span>
              <span class="conversation-time">{shortTime(message.date)}</span>
              <span class="result-text">{message.textContent}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
