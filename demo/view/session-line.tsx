import type { SessionElement } from '../../client/index.js';
import { firstNameOf } from '../model/people.js';
import { Icon } from './icons.js';
import { timeText } from './words.js';

/** A session history among the messages: its participants and its group state. */
export function SessionLine({ session, me }: { session: SessionElement; me: string }) {
  const { originator, startedAt, endedAt, groupState, participants } = session;
  const names = (groupState?.participants.map(({ uri }) => uri) ?? participants).map((uri) =>
    firstNameOf(uri, me),
  );
  return (
    <li class="session">
      <Icon name="people" />
      <span>
        <strong>
          Group session, started by {firstNameOf(originator, me)} at {timeText(startedAt)}
          {endedAt && `, ended at ${timeText(endedAt)}`}
        </strong>
        {groupState && (
          <span class="group-state">
            {groupState.groupType} group of {names.length}: {names.join(', ')} ·{' '}
            {groupState.lastFocusSessionId}
          </span>
        )}
      </span>
    </li>
  );
}
