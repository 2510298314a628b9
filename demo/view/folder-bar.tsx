import { useState } from 'preact/hooks';
import type { DemoDevice } from '../model/device.js';
import { Icon } from './icons.js';
import { useQuery } from './use-query.js';

/** The label of a folder. The standard's names of built-in folders are not for users. */
export const folderName = ({ id, name }: { id: string; name: string }): string =>
  id === 'default' ? 'Inbox' : name;

interface FolderBarProps {
  device: DemoDevice;
  chosen: string | undefined; // undefined: all folders
  onChoose: (folderId: string | undefined) => void;
}

export function FolderBar({ device, chosen, onChoose }: FolderBarProps) {
  const folders = useQuery(device, (client) => client.folders()) ?? [];
  const [isMaking, setMaking] = useState(false);
  const shown = folders.filter(({ folder }) => folder.id !== 'RCSMessageStore');
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget as HTMLFormElement).get('name')).trim();
    setMaking(false);
    if (name) await device.client.createFolder(name);
  };
  return (
    <nav class="folders" aria-label={`Folders of ${device.name}`}>
      <FolderButton name="All" isChosen={chosen === undefined} onClick={() => onChoose(undefined)} />
      {shown.map(({ folder }) => (
        <FolderButton
          key={folder.id}
          name={folderName(folder)}
          isChosen={chosen === folder.id}
          onClick={() => onChoose(folder.id)}
        />
      ))}
      {isMaking ? (
        <form class="new-folder" onSubmit={make}>
          <input
            name="name"
            aria-label="Name of the new folder"
            placeholder="Name"
            maxLength={60}
            // biome-ignore lint/a11y/noAutofocus: the user has just opened this field
            autoFocus
            onKeyDown={({ key }) => key === 'Escape' && setMaking(false)}
          />
          <button type="submit" class="small">
            Add
          </button>
        </form>
      ) : (
        <button
          type="button"
          class="chip"
          title="New folder"
          aria-label="New folder"
          onClick={() => setMaking(true)}
        >
          <Icon name="plus" />
        </button>
      )}
    </nav>
  );
}

const FolderButton = ({
  name,
  isChosen,
  onClick,
}: {
  name: string;
  isChosen: boolean;
  onClick: () => void;
}) => (
  <button type="button" class="chip" aria-pressed={isChosen} onClick={onClick}>
    {name}
  </button>
);
