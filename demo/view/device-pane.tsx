import { useState } from 'preact/hooks';
import type { DemoDevice } from '../model/device.js';
import { useStore } from '../model/store.js';
import { ConversationList } from './conversation-list.js';
import { ConversationView } from './conversation-view.js';
import { DeviceSettings } from './device-settings.js';
import { StatusLine, StatusWord } from './device-status.js';
import { FolderBar } from './folder-bar.js';
import { Icon } from './icons.js';
import { NewConversation } from './new-conversation.js';
import { SearchResults } from './search.js';

/** One device: its switches and its copy of the message store. */
export function DevicePane({ device }: { device: DemoDevice }) {
  const { isOnline, isSynchronizing, notice, status, life } = useStore(device.view);
  const [folderId, setFolderId] = useState<string>();
  const [conversationId, setConversationId] = useState<string>();
  const [words, setWords] = useState('');
  const [isSetting, setSetting] = useState(false);

  return (
    <section class="device" id={device.id} aria-label={device.name} data-device={device.id}>
      <header class="device-head">
        <Icon name={device.id} />
        <h2>{device.name}</h2>
        <StatusWord device={device} />
        <span class="spread" />
        <label class="switch" title="The network of this device">
          <input
            type="checkbox"
            role="switch"
            aria-checked={isOnline}
            checked={isOnline}
            onChange={({ currentTarget }) => device.switchNetwork(currentTarget.checked)}
          />
          <span>Online</span>
        </label>
        <button
          type="button"
          class="action"
          aria-label="Synchronize now"
          title="Synchronize now"
          data-busy={isSynchronizing || undefined}
          onClick={() => device.synchronize()}
        >
          <Icon name="sync" />
        </button>
        <button
          type="button"
          class="action"
          aria-label="Settings"
          title="Timer and scope of this device"
          aria-expanded={isSetting}
          onClick={() => setSetting(!isSetting)}
        >
          <Icon name="settings" />
        </button>
      </header>
      <StatusLine device={device} />
      {status.state === 'denied' && (
        <div class="notice" role="alert">
          <span>{status.problem.message}</span>
          <button type="button" class="small" onClick={() => device.registerAgain()}>
            Register again
          </button>
        </div>
      )}
      {notice && (
        <div class="notice" role="alert">
          <span>{notice}</span>
          <button
            type="button"
            class="action"
            aria-label="Dismiss"
            title="Dismiss"
            onClick={() => device.dismiss()}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      {isSetting && <DeviceSettings key={life} device={device} onClose={() => setSetting(false)} />}
      <div class="device-body" data-open={conversationId !== undefined || undefined}>
        <div class="list-side">
          <div class="finder">
            <label class="search">
              <Icon name="search" />
              <input
                type="search"
                aria-label="Search the messages of this device"
                placeholder="Search on this device"
                value={words}
                onInput={({ currentTarget }) => setWords(currentTarget.value)}
              />
            </label>
            <NewConversation device={device} onMade={setConversationId} />
          </div>
          {words.trim() ? (
            <SearchResults device={device} words={words.trim()} onChoose={setConversationId} />
          ) : (
            <>
              <FolderBar device={device} chosen={folderId} onChoose={setFolderId} />
              <ConversationList
                device={device}
                folderId={folderId}
                chosen={conversationId}
                onChoose={setConversationId}
              />
            </>
          )}
        </div>
        <div class="chat-side">
          {conversationId === undefined ? (
            <p class="placeholder">Choose a conversation</p>
          ) : (
            <ConversationView
              device={device}
              conversationId={conversationId}
              onBack={() => setConversationId(undefined)}
            />
          )}
        </div>
      </div>
    </section>
  );
}
