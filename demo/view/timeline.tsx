import { useState } from 'preact/hooks';
import type { Recorder, TimelineEntry } from '../model/recorder.js';
import { useStore } from '../model/store.js';
import { EntryDialog } from './entry-dialog.js';
import { Icon } from './icons.js';
import { TimelineLine } from './timeline-line.js';

const SHOWN = 120;

/** The recorded requests and frames, the latest first. A click on an entry shows its JSON. */
export function Timeline({ recorder }: { recorder: Recorder }) {
  const entries = useStore(recorder.entries);
  const [opened, setOpened] = useState<number>();
  const entry = entries.find(({ id }) => id === opened);
  const shown: TimelineEntry[] = entries.slice(-SHOWN).reverse();
  return (
    <section class="panel timeline" id="timeline" aria-label="Timeline">
      <header class="panel-head">
        <Icon name="timeline" />
        <h2>On the wire</h2>
        <span class="spread" />
        <span class="lanes" aria-hidden="true">
          <span data-lane="phone">Phone</span>
          <span data-lane="network">Network</span>
          <span data-lane="tablet">Tablet</span>
        </span>
        <button type="button" class="small" onClick={() => recorder.clear()}>
          Clear
        </button>
      </header>
      {shown.length === 0 ? (
        <p class="hint">Write on a device, or deposit a message: the requests and frames appear here.</p>
      ) : (
        <ol class="entries">
          {shown.map((each) => (
            <li key={each.id} data-lane={each.lane}>
              <TimelineLine entry={each} onOpen={() => setOpened(each.id)} />
            </li>
          ))}
        </ol>
      )}
      {entry && <EntryDialog entry={entry} onClose={() => setOpened(undefined)} />}
    </section>
  );
}
