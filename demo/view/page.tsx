import { useState } from 'preact/hooks';
import type { DemoWorld, Readiness } from '../model/demo-world.js';
import { useStore } from '../model/store.js';
import { DevicePane } from './device-pane.js';
import { Icon, type IconName } from './icons.js';
import { NetworkPanel } from './network-panel.js';
import { OperatorView } from './operator-view.js';
import { Timeline } from './timeline.js';

const VIEWS = [
  { id: 'phone', label: 'Phone' },
  { id: 'network', label: 'Network' },
  { id: 'timeline', label: 'Wire' },
  { id: 'tablet', label: 'Tablet' },
  { id: 'operator', label: 'Operator' },
] as const satisfies readonly { id: IconName; label: string }[];

/** The page: all parts side by side, or one part at a time on a narrow screen. */
export function Page({ world }: { world: DemoWorld }) {
  const readiness = useStore(world.readiness);
  const [view, setView] = useState<string>('phone');
  return (
    <>
      <header class="top">
        <div class="brand">
          <span class="logo" aria-hidden="true">
            <Icon name="sync" />
          </span>
          <div>
            <h1>Two devices, one message store</h1>
            <p>
              The same user’s phone and tablet. Write on one, switch one off, send a burst: the server keeps
              them in step.
            </p>
          </div>
        </div>
        <StartOver world={world} />
      </header>
      {readiness.state === 'ready' ? (
        <>
          <nav class="views" aria-label="Parts of the page">
            {VIEWS.map(({ id, label }) => (
              <button
                key={id}
                type="button"
                aria-current={view === id ? 'true' : undefined}
                onClick={() => setView(id)}
              >
                <Icon name={id} />
                {label}
              </button>
            ))}
          </nav>
          <main class="stage" data-view={view}>
            <DevicePane device={world.devices.phone} />
            <div class="middle">
              <NetworkPanel world={world} />
              <Timeline recorder={world.recorder} />
            </div>
            <DevicePane device={world.devices.tablet} />
            <OperatorView world={world} />
          </main>
        </>
      ) : (
        <main class="preparing">
          <Preparing readiness={readiness} onAgain={() => world.open()} />
        </main>
      )}
    </>
  );
}

function Preparing({ readiness, onAgain }: { readiness: Readiness; onAgain: () => void }) {
  if (readiness.state === 'failed')
    return (
      <div class="notice" role="alert">
        <span>The local cloud does not answer as it should: {readiness.why}</span>
        <button type="button" class="small" onClick={onAgain}>
          Try again
        </button>
      </div>
    );
  if (readiness.state !== 'preparing') return null;
  const { done, total } = readiness;
  return (
    <div role="status">
      <p>
        {total === 0 ? 'Looking for your box …' : `Filling your box with conversations: ${done} of ${total}`}
      </p>
      <progress {...(total > 0 && { max: total, value: done })} aria-label="Filling the box" />
    </div>
  );
}

function StartOver({ world }: { world: DemoWorld }) {
  const [isSure, setSure] = useState(false);
  return (
    <button
      type="button"
      class={isSure ? 'small danger' : 'small'}
      onClick={() => (isSure ? world.startOver() : setSure(true))}
      onBlur={() => setSure(false)}
    >
      {isSure ? 'Erase this box?' : 'Start over'}
    </button>
  );
}
