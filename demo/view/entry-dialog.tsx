import { useLayoutEffect, useRef } from 'preact/hooks';
import type { TimelineEntry } from '../model/recorder.js';
import { Icon } from './icons.js';
import { headingOf } from './timeline-line.js';
import { bytesText, clockText, durationText } from './words.js';

/** The JSON of a request and its response, or of a frame. */
export function EntryDialog({ entry, onClose }: { entry: TimelineEntry; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Open it in the first layout effect, so that Escape works at once.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="entry-heading">
      <header class="panel-head">
        <h2 id="entry-heading">{headingOf(entry)}</h2>
        <span class="spread" />
        <button
          type="button"
          class="action"
          aria-label="Close"
          title="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {entry.kind === 'frame' ? (
        <Json
          title={`Frame of the server, ${clockText(entry.atMs)}, ${bytesText(entry.bytes)}`}
          value={entry.frame}
        />
      ) : (
        <>
          <p class="call">{entry.call}</p>
          <Json
            title={`Request, ${clockText(entry.atMs)}, ${bytesText(entry.requestBytes)}`}
            value={entry.request ?? '(no body)'}
          />
          {entry.failure === undefined ? (
            <Json
              title={
                entry.durationMs === undefined
                  ? 'Response: not received yet'
                  : `Response ${entry.status}, after ${durationText(entry.durationMs)}, ${bytesText(entry.responseBytes)}`
              }
              value={entry.response ?? '(none)'}
            />
          ) : (
            <p class="notice">No answer: {entry.failure}</p>
          )}
        </>
      )}
    </dialog>
  );
}

const Json = ({ title, value }: { title: string; value: unknown }) => (
  <>
    <h3>{title}</h3>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by the keyboard */}
    <pre tabIndex={0}>{typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)}</pre>
  </>
);
