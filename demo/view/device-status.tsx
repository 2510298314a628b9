import type { DemoDevice, DeviceView } from '../model/device.js';
import { useStore } from '../model/store.js';
import { bytesText, clockText, counted, countsText, durationText } from './words.js';

interface Shown {
  readonly tone: 'good' | 'busy' | 'off' | 'bad';
  readonly word: string;
}

function shownOf({ status, isOnline }: DeviceView): Shown {
  if (!isOnline) return { tone: 'off', word: 'Offline' };
  switch (status.state) {
    case 'live':
      return { tone: 'good', word: 'Live' };
    case 'denied':
      return { tone: 'bad', word: 'Not known to the server' };
    case 'connecting':
      return { tone: 'busy', word: 'Connecting' };
    default:
      return { tone: 'busy', word: 'Not connected' };
  }
}

/** The connection status of a device and its last synchronization. */
export function StatusWord({ device }: { device: DemoDevice }) {
  const { tone, word } = shownOf(useStore(device.view));
  return (
    <span
      class="status"
      data-tone={tone}
      role="status"
      aria-label={`Status of the ${device.name.toLowerCase()}`}
    >
      {word}
    </span>
  );
}

export function StatusLine({ device }: { device: DemoDevice }) {
  const { last, waiting, progress } = useStore(device.view);
  if (progress) {
    const { sent, total } = progress;
    const most = Math.max(sent, total, 1);
    return (
      <div class="status-line">
        <progress max={most} value={sent} aria-label="Initial synchronization" />
        <span>
          {sent} of about {most}
        </span>
      </div>
    );
  }
  return (
    <div class="status-line" data-waiting={waiting > 0 || undefined}>
      {waiting > 0 ? (
        <span>{counted(waiting, 'change')} waiting to be sent</span>
      ) : (
        <span>{last ? lastText(last) : 'Not synchronized yet'}</span>
      )}
    </div>
  );
}

function lastText({ report, atMs }: NonNullable<DeviceView['last']>): string {
  const { sent, received, removed, pages, bytes, durationMs } = report;
  const did = [
    sent > 0 && `sent ${counted(sent, 'change')}`,
    countsText(received) && `got ${countsText(received)}`,
    countsText(removed) && `dropped ${countsText(removed)}`,
  ].filter(Boolean);
  const cost = `${pages > 1 ? `${pages} pages, ` : ''}${bytesText(bytes)}, ${durationText(durationMs)}`;
  return `Synchronized ${clockText(atMs)}: ${did.join(', ') || 'nothing new'} · ${cost}`;
}
