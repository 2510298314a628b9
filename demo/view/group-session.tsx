import { useState } from 'preact/hooks';
import type { DemoWorld } from '../model/demo-world.js';
import type { Addressed } from '../model/participating.js';
import { AMARA, firstNameOf, JONAS, MAYA } from '../model/people.js';
import type { Attempt } from './attempt.js';

interface Running {
  readonly id: string;
  readonly participants: readonly string[];
}

const SUBJECT = 'Weekend at the lake';
const SAID = ['Who is in for the weekend?', 'Me! I bring the tent.'];

/** Starts a group session, changes its participants, and ends it. */
export function GroupSession({ world, attempt }: { world: DemoWorld; attempt: Attempt }) {
  const [running, setRunning] = useState<Running>();
  const { participating, user } = world;
  const group: Addressed = {
    id: 'weekend',
    kind: 'group',
    participants: [user, MAYA, JONAS],
    subject: SUBJECT,
  };
  const start = () =>
    attempt(async () => {
      const id = await participating.startSession(group, MAYA, SAID);
      setRunning({ id, participants: group.participants });
    });
  const change = ({ id, participants }: Running) =>
    attempt(async () => {
      const next = participants.includes(AMARA)
        ? participants.filter((uri) => uri !== AMARA)
        : [...participants, AMARA];
      await participating.changeGroup(group.id, id, next);
      setRunning({ id, participants: next });
    });
  const end = ({ id }: Running) =>
    attempt(async () => {
      await participating.endSession(group.id, id);
      setRunning(undefined);
    });
  const name = firstNameOf(AMARA, user);
  return (
    <div class="tool">
      <p>{running ? `The group session “${SUBJECT}” is running` : `Group session “${SUBJECT}”`}</p>
      <div class="row">
        {running ? (
          <>
            <button type="button" class="small" onClick={() => change(running)}>
              {running.participants.includes(AMARA) ? `${name} leaves` : `${name} joins`}
            </button>
            <button type="button" class="small" onClick={() => end(running)}>
              End it
            </button>
          </>
        ) : (
          <button type="button" class="small" onClick={start}>
            Start
          </button>
        )}
      </div>
    </div>
  );
}
