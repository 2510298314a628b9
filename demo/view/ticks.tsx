import type { MessageItem } from '../../client/index.js';

type TickState = 'waiting' | 'sent' | 'delivered' | 'displayed';

/** The delivery state of a message of the user. */
function tickStateOf({ message, dispositions, isPending, isHeld }: MessageItem): TickState {
  const reported = (kind: string) =>
    new Set(
      dispositions.filter(({ disposition }) => disposition === kind).map(({ participant }) => participant),
    );
  const all = message.to.length;
  if (all > 0 && reported('displayed').size >= all) return 'displayed';
  if (all > 0 && reported('delivered').size >= all) return 'delivered';
  return isPending && isHeld ? 'waiting' : 'sent';
}

const LABELS: Record<TickState, string> = {
  waiting: 'waiting to be sent',
  sent: 'stored on the server',
  delivered: 'delivered',
  displayed: 'displayed',
};

export const Ticks = ({ item }: { item: MessageItem }) => {
  const state = tickStateOf(item);
  return (
    <span class="ticks" data-state={state} title={LABELS[state]} role="img" aria-label={LABELS[state]}>
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
        {state === 'waiting' ? (
          <path d="M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16Zm0-12v4l3 2" />
        ) : (
          <path d={state === 'sent' ? 'm6 12.500 4 4 8-9' : 'm2 12.500 4 4 8-9M11 15.500l1 1 8-9'} />
        )}
      </svg>
    </span>
  );
};
