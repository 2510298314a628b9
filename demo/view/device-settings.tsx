import { useEffect, useState } from 'preact/hooks';
import type { Preferences } from '../../client/index.js';
import { ELEMENT_TYPES, type ElementType } from '../../protocol/elements/element.js';
import type { DemoDevice } from '../model/device.js';
import { useStore } from '../model/store.js';
import { Checks, Choice } from './fields.js';
import { folderName } from './folder-bar.js';
import { useQuery } from './use-query.js';
import { typeName } from './words.js';

const TIMERS: readonly [seconds: number, label: string][] = [
  [0, 'as the provider says (5 min)'],
  [10, '10 seconds'],
  [30, '30 seconds'],
  [60, '1 minute'],
];
const AGES: readonly [days: number, label: string][] = [
  [0, 'all'],
  [1, 'of the last day'],
  [7, 'of the last week'],
  [30, 'of the last month'],
  [90, 'of the last 3 months'],
];
const WINDOWS: readonly [ms: number, label: string][] = [
  [1000, 'at most once a second'],
  [5000, 'at most every 5 seconds'],
  [30_000, 'at most every 30 seconds'],
];

/** The timer and the synchronization scope of a device. */
export function DeviceSettings({ device, onClose }: { device: DemoDevice; onClose: () => void }) {
  const { timerSeconds } = useStore(device.view);
  const [preferences, setPreferences] = useState<Preferences>();
  const [said, setSaid] = useState<string>();
  const folders = useQuery(device, (client) => client.folders()) ?? [];
  useEffect(() => {
    device.registered().then(
      (registered) => setPreferences(registered.preferences),
      (error: Error) => setSaid(`The settings were not loaded: ${error.message}`),
    );
  }, [device]);

  const apply = async (changed: Preferences) => {
    const before = preferences;
    setPreferences(changed);
    setSaid('Applying …');
    try {
      await device.setPreferences(changed);
      setSaid('Applied. The device synchronizes only the difference.');
    } catch (error) {
      setPreferences(before);
      setSaid(`Not applied: ${(error as Error).message}`);
    }
  };

  return (
    <section class="settings" aria-label={`Settings of the ${device.name.toLowerCase()}`}>
      <Choice
        label="Synchronizes by itself"
        value={timerSeconds}
        options={TIMERS}
        onChange={(seconds) => device.setTimer(seconds)}
      />

      {preferences && (
        <>
          <Choice
            label="The server may ask for it"
            value={preferences.serverInitiated === false ? -1 : (preferences.pushWindowMs ?? 1000)}
            options={[...WINDOWS, [-1, 'never']]}
            onChange={(ms) =>
              apply(
                ms < 0
                  ? { ...preferences, serverInitiated: false }
                  : { ...preferences, serverInitiated: true, pushWindowMs: ms },
              )
            }
          />

          <Choice
            label="Keeps messages"
            value={preferences.maxMessageAgeDays ?? 0}
            options={AGES}
            onChange={(days) => {
              const { maxMessageAgeDays: _, ...others } = preferences;
              void apply(days === 0 ? others : { ...others, maxMessageAgeDays: days });
            }}
          />

          <Checks
            title="Keeps these folders"
            all={folders
              .filter(({ folder }) => folder.id !== 'RCSMessageStore')
              .map(({ folder }) => folder.id)}
            chosen={preferences.folders === '*' ? undefined : preferences.folders}
            labelOf={(id) =>
              folderName(folders.find(({ folder }) => folder.id === id)?.folder ?? { id, name: id })
            }
            onChange={(chosen) =>
              apply({ ...preferences, folders: (chosen as typeof preferences.folders) ?? '*' })
            }
          />
          <Checks
            title="Keeps these types"
            all={ELEMENT_TYPES}
            chosen={preferences.elementTypes}
            labelOf={(type) => typeName(type as ElementType)}
            onChange={(chosen) => {
              const { elementTypes: _, ...others } = preferences;
              void apply(chosen ? { ...others, elementTypes: chosen as ElementType[] } : others);
            }}
          />
        </>
      )}
      <p class="hint" role="status">
        {said}
      </p>
      <div class="row">
        <button type="button" class="small" onClick={() => device.startOver()}>
          Empty this device and start over
        </button>
        <button type="button" class="small primary" onClick={onClose}>
          Done
        </button>
      </div>
    </section>
  );
}
