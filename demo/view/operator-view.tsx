import { useEffect, useState } from 'preact/hooks';
import type { Box, DeviceStanding } from '../../protocol/box.js';
import { ELEMENT_TYPES } from '../../protocol/elements/element.js';
import type { DemoWorld } from '../model/demo-world.js';
import { type QueueDepths, queueDepths } from '../model/operator.js';
import { useStore } from '../model/store.js';
import { Icon } from './icons.js';
import { bytesText, clockText, counted, typeName } from './words.js';

const EVERY_MS = 3000;
const AFTER_TRAFFIC_MS = 250;

interface Seen {
  readonly box: Box | undefined;
  readonly queues: QueueDepths;
}

/** The view of the service provider: the box, its devices, and the queues. */
export function OperatorView({ world }: { world: DemoWorld }) {
  const [seen, setSeen] = useState<Seen>();
  const [failure, setFailure] = useState<string>();
  const traffic = useStore(world.recorder.entries);
  useEffect(() => {
    let isOver = false;
    const look = async () => {
      try {
        const [box, queues] = await Promise.all([world.operator.box(), queueDepths(world.url)]);
        if (isOver) return;
        setSeen({ box, queues });
        setFailure(undefined);
      } catch (error) {
        if (!isOver) setFailure((error as Error).message);
      }
    };
    const soon = setTimeout(look, AFTER_TRAFFIC_MS);
    const again = setInterval(look, EVERY_MS);
    return () => {
      isOver = true;
      clearTimeout(soon);
      clearInterval(again);
    };
  }, [world, traffic]);
  return (
    <section class="panel operator" id="operator" aria-label="Operator's view">
      <header class="panel-head">
        <Icon name="operator" />
        <h2>Operator’s view</h2>
        <span class="spread" />
        <code class="user">{world.user}</code>
      </header>
      {failure && (
        <p class="notice" role="alert">
          The local cloud does not answer ({failure}). Is it still running?
        </p>
      )}
      {seen && <BoxFacts box={seen.box} />}
      <div class="tables">
        {seen?.box && <Devices devices={seen.box.devices} />}
        {seen && <Queues queues={seen.queues} />}
      </div>
    </section>
  );
}

const BoxFacts = ({ box }: { box: Box | undefined }) =>
  box ? (
    <dl class="facts">
      <Fact name="modSeq" value={box.modSeq.toLocaleString('en')} />
      {ELEMENT_TYPES.map((type) => (
        <Fact key={type} name={typeName(type)} value={box.counts[type].toLocaleString('en')} />
      ))}
      <Fact name="size" value={bytesText(box.bytes)} />
      <Fact name="policy" value={box.policyId} />
    </dl>
  ) : (
    <p class="hint">This user has no box.</p>
  );

const Fact = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);

const Devices = ({ devices }: { devices: readonly DeviceStanding[] }) => (
  <table>
    <caption>Devices</caption>
    <thead>
      <tr>
        <th scope="col">Device</th>
        <th scope="col">Connection</th>
        <th scope="col">At modSeq</th>
        <th scope="col">Lag</th>
        <th scope="col">Request pending</th>
      </tr>
    </thead>
    <tbody>
      {devices.map(({ deviceId, name, connection, syncedModSeq, lag, pendingRequest }) => (
        <tr key={deviceId} data-operator-device={deviceId}>
          <th scope="row">{name ?? deviceId}</th>
          <td>{connection ? `since ${clockText(connection.connectedAt)}` : 'none'}</td>
          <td>{syncedModSeq.toLocaleString('en')}</td>
          <td data-lag={lag}>{lag === 0 ? 'none' : counted(lag, 'commit')}</td>
          <td>{pendingText(pendingRequest)}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

function pendingText(pending: DeviceStanding['pendingRequest']): string {
  if (!pending) return 'no';
  return 'dueAt' in pending ? `due ${clockText(pending.dueAt)}` : 'when it connects';
}

/** Converts `CpmSync-PushesDeadLetters8ACEF50B` to `Pushes: dead letters`. */
const shortName = (name: string): string =>
  name
    .replace(/^.*-|[0-9A-F]{8}$/g, '')
    .replace(/Queue$/, '')
    .replace('DeadLetters', ': dead letters')
    .replace('Failures', ': failures')
    .replace('FanOut', 'Fan-out');

const Queues = ({ queues }: { queues: QueueDepths }) => (
  <table>
    <caption>Queues</caption>
    <thead>
      <tr>
        <th scope="col">Queue</th>
        <th scope="col">Waiting</th>
        <th scope="col">Delayed</th>
        <th scope="col">In work</th>
      </tr>
    </thead>
    <tbody>
      {Object.entries(queues).map(([name, { visible, delayed, inFlight }]) => (
        <tr key={name}>
          <th scope="row" title={name}>
            {shortName(name)}
          </th>
          <td>{visible}</td>
          <td>{delayed}</td>
          <td>{inFlight}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
