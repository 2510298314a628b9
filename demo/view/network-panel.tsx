import { useState } from 'preact/hooks';
import type { ConversationElement } from '../../client/index.js';
import type { DemoWorld } from '../model/demo-world.js';
import { BurstButton } from './burst-button.js';
import { GroupSession } from './group-session.js';
import { Icon } from './icons.js';
import { Reports } from './reports.js';
import { titleOf } from './titles.js';
import { useQuery } from './use-query.js';

const FIRST_WORDS = 'Still on for tonight?';

/** The actions of the Participating Function on the user's box. */
export function NetworkPanel({ world }: { world: DemoWorld }) {
  const [chosen, setChosen] = useState<string>();
  const [text, setText] = useState(FIRST_WORDS);
  const [failure, setFailure] = useState<string>();
  const conversations = useConversations(world);
  const to = conversations.find(({ id }) => id === chosen) ?? conversations[0];

  /** Runs an action and shows its failure. */
  const attempt = async (work: () => Promise<unknown>) => {
    setFailure(undefined);
    try {
      await work();
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  const deposit = (event: SubmitEvent) => {
    event.preventDefault();
    const words = text.trim();
    if (!to || !words) return;
    void attempt(async () => {
      await world.participating.deposit(world.participating.messages(to, [words]));
      setText('');
    });
  };

  return (
    <section class="panel network" id="network" aria-label="Participating Function">
      <header class="panel-head">
        <Icon name="network" />
        <h2>Participating Function</h2>
        <span class="subtitle">deposits what others send</span>
      </header>
      <form class="deposit" onSubmit={deposit}>
        <label class="field">
          <span>From</span>
          <select value={to?.id} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
            {conversations.map((conversation) => (
              <option key={conversation.id} value={conversation.id}>
                {titleOf(conversation, world.user)}
              </option>
            ))}
          </select>
        </label>
        <label class="field wide">
          <span>Text</span>
          <input
            value={text}
            placeholder="What they write"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" disabled={!to || !text.trim()}>
          Deposit
        </button>
      </form>
      {to && <Reports world={world} conversation={to} attempt={attempt} />}
      <GroupSession world={world} attempt={attempt} />
      <BurstButton world={world} attempt={attempt} />
      {failure && (
        <p class="notice" role="alert">
          {failure}
        </p>
      )}
    </section>
  );
}

/** The conversations of both devices, the latest first. */
function useConversations({ devices }: DemoWorld): ConversationElement[] {
  const onPhone = useQuery(devices.phone, (client) => client.conversations({ limit: 100 }));
  const onTablet = useQuery(devices.tablet, (client) => client.conversations({ limit: 100 }));
  const all = [...(onPhone?.items ?? []), ...(onTablet?.items ?? [])]
    .sort((a, b) => ((a.newest?.message.date ?? '') < (b.newest?.message.date ?? '') ? 1 : -1))
    .map(({ conversation }) => conversation);
  return [...new Map(all.map((each) => [each.id, each])).values()];
}
