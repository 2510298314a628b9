import { useState } from 'preact/hooks';
import { type Arrival, BURST, burstReport, burstTexts } from '../model/burst.js';
import type { DemoWorld } from '../model/demo-world.js';
import { AMARA, TICKER } from '../model/people.js';
import { RACE_DAY } from '../model/seed-content.js';
import { useStore } from '../model/store.js';
import type { Attempt } from './attempt.js';
import { Icon } from './icons.js';
import { bytesText, counted, durationText } from './words.js';

interface Burst {
  readonly beganMs: number;
  readonly ids: ReadonlySet<string>;
}

/** Deposits 200 messages at once and reports their delivery. */
export function BurstButton({ world, attempt }: { world: DemoWorld; attempt: Attempt }) {
  const [burst, setBurst] = useState<Burst>();
  const [deposited, setDeposited] = useState(BURST);
  const { participating, user } = world;
  const start = () =>
    attempt(async () => {
      const group = {
        id: RACE_DAY,
        kind: 'group' as const,
        participants: [user, TICKER, AMARA],
        subject: 'Race day live',
      };
      const operations = participating.messages(group, burstTexts(BURST), { from: TICKER });
      setDeposited(0);
      setBurst({ beganMs: Date.now(), ids: new Set(operations.map(({ id }) => id)) });
      await participating.deposit(operations, setDeposited).finally(() => setDeposited(BURST));
    });
  return (
    <div class="tool burst">
      <p>
        <strong>A burst of {BURST} messages</strong>: see how few requests it takes
      </p>
      <div class="row">
        <button type="button" class="small primary" disabled={deposited < BURST} onClick={start}>
          <Icon name="bolt" />
          Burst of {BURST}
        </button>
      </div>
      {burst && <BurstSentence world={world} burst={burst} deposited={deposited} />}
    </div>
  );
}

function BurstSentence({ world, burst, deposited }: { world: DemoWorld; burst: Burst; deposited: number }) {
  const entries = useStore(world.recorder.entries);
  const { phone, tablet } = world.devices;
  const isOnline = { phone: useStore(phone.view).isOnline, tablet: useStore(tablet.view).isOnline };
  const { deposits, bytes, arrivals } = burstReport(entries, burst.ids, burst.beganMs);
  return (
    <div class="burst-report" role="status">
      <p>
        {deposited < BURST ? `${deposited} of ${BURST} deposited` : `${BURST} messages deposited`} in{' '}
        {counted(deposits, 'call')}, {bytesText(bytes)}.
      </p>
      {(['phone', 'tablet'] as const).map((id) => (
        <p key={id} data-burst={id} data-arrived={arrivals[id].arrived}>
          <strong>{world.devices[id].name}:</strong> {arrivalText(arrivals[id], isOnline[id])}
        </p>
      ))}
    </div>
  );
}

function arrivalText({ arrived, frames, requests, bytes, tookMs }: Arrival, isOnline: boolean): string {
  if (!isOnline) return 'offline; the synchronization request waits.';
  if (arrived === 0) return 'not notified yet …';
  const notified = counted(frames, 'synchronization request');
  const requested = `${counted(requests, 'synchronization')}, one page each`;
  const here = arrived < BURST ? `${arrived} here, more to follow` : `all here after ${durationText(tookMs)}`;
  return `${notified}, ${requested}, ${bytesText(bytes)}, ${here}.`;
}
