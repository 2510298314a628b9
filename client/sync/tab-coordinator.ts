import type { TabChannel } from '../stores/tab-channel.js';
import type { ClientEvents } from './client-events.js';
import { ServerProblem } from './server-problem.js';

/** What the clients of one store say to each other. */
type Message =
  | { kind: 'event'; name: keyof ClientEvents; value: unknown }
  | { kind: 'hello' } // a client that does not lead asks how things stand
  | { kind: 'written' } // there is something to send
  | { kind: 'refused' }; // operations were, and whoever listens is to be told

export interface TabHandlers {
  isLeading(): boolean;
  onEvent<Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]): void;
  onHello(): void;
  onWritten(): void;
  onRefused(): void;
}

/** Set on a store that several clients open at a time, as the tabs of a browser do. */
export interface TabSharing {
  join(handlers: TabHandlers): TabCoordinator;
}

/** This client among the others of its store, as the tabs of a browser: one leads, and the others are told what it sees. */
export class TabCoordinator {
  readonly leave: () => void;

  constructor(
    private readonly channel: TabChannel,
    private readonly handlers: TabHandlers,
  ) {
    this.leave = channel.onMessage((message) => this.#hear(message as Message));
  }

  lead(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#post({ kind: 'hello' });
    return this.channel.lead(work, signal);
  }

  broadcastEvent<Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]): void {
    this.#post({ kind: 'event', name, value: name === 'status' ? plain(value) : value });
  }

  broadcast(kind: 'written' | 'refused'): void {
    this.#post({ kind });
  }

  #hear(message: Message): void {
    const { handlers } = this;
    if (message.kind === 'event') handlers.onEvent(message.name, received(message) as never);
    else if (message.kind === 'refused') handlers.onRefused();
    else if (!handlers.isLeading()) return;
    else if (message.kind === 'hello') handlers.onHello();
    else handlers.onWritten();
  }

  #post(message: Message): void {
    this.channel.post(message);
  }
}

interface Told {
  problem?: Pick<ServerProblem, 'status' | 'kind'>;
  error?: unknown;
}

/** A status in a form that can be sent: errors lose their class on the way, or cannot go at all. */
function plain(value: unknown): unknown {
  const { problem, error, ...rest } = value as Told;
  if (problem) return { ...rest, problem: { status: problem.status, kind: problem.kind } };
  return error === undefined ? value : { ...rest, error: String(error) };
}

function received({ name, value }: Extract<Message, { kind: 'event' }>): unknown {
  const { problem, ...rest } = value as Told;
  const isDenied = name === 'status' && problem;
  return isDenied ? { ...rest, problem: new ServerProblem(problem.status, problem.kind) } : value;
}
