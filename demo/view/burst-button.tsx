import { useState } from 'preact/hooks';
import { type Arrival, BURST, burstReport, burstTexts } from '../model/burst.js';
import { AMARA, TICKER } from '../model/people.js';
import { RACE_DAY } from '../model/seed-content.js';
import type { Stage } from '../model/stage.js';
import { useStore } from '../model/store.js';
import type { Attempt } from './attempt.js';
import { Icon } from './icons.js';
import { bytesText, counted, durationText } from './words.js';

interface Burst {
  readonly beganMs: number;
  readonly ids: ReadonlySet<string>;
}

/** Deposits 200 messages at once, and says in numbers what became of them. */
export function BurstButton({ stage, attempt }: { stage: Stage; attempt: Attempt }) {
  const [burst, setBurst] = useState<Burst>();
  const [deposited, setDeposited] = useState(BURST);
  const { participating, user } = stage;
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
      {burst && <BurstSentence stage={stage} burst={burst} deposited={deposited} />}
    </div>
  );
}

function BurstSentence({ stage, burst, deposited }: { stage: Stage; burst: Burst; deposited: number }) {
  const entries = useStore(stage.recorder.entries);
  const { phone, tablet } = stage.devices;
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
          <strong>{stage.devices[id].name}:</strong> {arrivalText(arrivals[id], isOnline[id])}
        </p>
      ))}
    </div>
  );
}

function arrivalText({ arrived, frames, requests, bytes, tookMs }: Arrival, isOnline: boolean): string {
  if (!isOnline) return 'offline; the request waits for it.';
  if (arrived === 0) return 'not told yet …';
  const told = counted(frames, 'synchronization request');
  const got = `${counted(requests, 'synchronization')}, one page each`;
  const here =
    arrived < BURST ? `${arrived} here, the others to come` : `all here after ${durationText(tookMs)}`;
  return `${told}, ${got}, ${bytesText(bytes)}, ${here}.`;
}
