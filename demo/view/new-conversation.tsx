import type { DemoDevice } from '../model/device.js';
import { PEOPLE, TICKER, WEATHER } from '../model/people.js';

interface NewConversationProps {
  device: DemoDevice;
  onMade: (conversationId: string) => void;
}

/** Creates or opens the one-to-one conversation with a person. Its id depends on the person only. */
export function NewConversation({ device, onMade }: NewConversationProps) {
  const people = PEOPLE.filter(({ uri }) => uri !== WEATHER && uri !== TICKER);
  const begin = async (uri: string) => {
    const { items } = await device.client.conversations({ limit: 500 });
    const found = items.find(
      ({ conversation: { kind, participants } }) => kind === 'oneToOne' && participants.includes(uri),
    );
    if (found) return onMade(found.conversation.id);
    const id = `with-${uri.replace(/\W/g, '')}`;
    await device.client.createConversation(id, { kind: 'oneToOne', participants: [device.user, uri] });
    onMade(id);
  };
  return (
    <select
      class="write-to"
      aria-label="Write to somebody"
      title="Write to somebody"
      value=""
      onChange={({ currentTarget }) => {
        const { value } = currentTarget;
        currentTarget.value = '';
        if (value) void begin(value);
      }}
    >
      <option value="">New</option>
      {people.map(({ uri, name }) => (
        <option key={uri} value={uri}>
          {name}
        </option>
      ))}
    </select>
  );
}
