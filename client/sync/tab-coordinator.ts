import type { TabChannel } from '../stores/tab-channel.js';
import type { ClientEvents } from './client-events.js';
import { ServerProblem } from './server-problem.js';

/** A message between the clients of one store. */
type Message =
  | { kind: 'event'; name: keyof ClientEvents; value: unknown }
  | { kind: 'hello' } // a client that does not lead asks for the status
  | { kind: 'written' } // operations were queued
  | { kind: 'refused' }; // operations were refused; the client with a listener delivers them

export interface TabHandlers {
  isLeading(): boolean;
  onEvent<Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]): void;
  onHello(): void;
  onWritten(): void;
  onRefused(): void;
}

/** A store has this if several clients can open it at the same time, as the tabs of a browser do. */
export interface TabSharing {
  join(handlers: TabHandlers): TabCoordinator;
}

/** Connects a client with the other clients of its store. One of them leads and broadcasts its events to the others. */
export class TabCoordinator {
  readonly leave: () => void;

  constructor(
    private readonly channel: TabChannel,
    private readonly handlers: TabHandlers,
  ) {
    this.leave = channel.onMessage((message) => this.#receive(message as Message));
  }

  /** Runs `work` once this client leads. */
  lead(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#post({ kind: 'hello' });
    return this.channel.lead(work, signal);
  }

  broadcastEvent<Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]): void {
    this.#post({ kind: 'event', name, value: name === 'status' ? toMessage(value) : value });
  }

  broadcast(kind: 'written' | 'refused'): void {
    this.#post({ kind });
  }

  #receive(message: Message): void {
    const { handlers } = this;
    if (message.kind === 'event') handlers.onEvent(message.name, fromMessage(message) as never);
    else if (message.kind === 'refused') handlers.onRefused();
    else if (!handlers.isLeading()) return;
    else if (message.kind === 'hello') handlers.onHello();
    else handlers.onWritten();
  }

  #post(message: Message): void {
    this.channel.post(message);
  }
}

interface StatusFields {
  problem?: Pick<ServerProblem, 'status' | 'kind'>;
  error?: unknown;
}

/** Converts a status for sending, because structured clones of errors lose their class. */
function toMessage(value: unknown): unknown {
  const { problem, error, ...rest } = value as StatusFields;
  if (problem) return { ...rest, problem: { status: problem.status, kind: problem.kind } };
  return error === undefined ? value : { ...rest, error: String(error) };
}

function fromMessage({ name, value }: Extract<Message, { kind: 'event' }>): unknown {
  const { problem, ...rest } = value as StatusFields;
  const isDenied = name === 'status' && problem;
  return isDenied ? { ...rest, problem: new ServerProblem(problem.status, problem.kind) } : value;
}
