import type { ClientEvents } from './client-options.js';
import { randomId } from './random-id.js';
import { ServerProblem } from './server-problem.js';
import type { Sharing } from './store/local-store.js';
import type { SyncReport } from './synchronizer.js';

const LEADER_ANSWERS_WITHIN_MS = 1_000;

/** What the clients of one store say to each other. */
type Message =
  | { kind: 'event'; name: keyof ClientEvents; value: unknown }
  | { kind: 'hello' } // a client that does not lead asks how things stand
  | { kind: 'written' } // there is something to send
  | { kind: 'synchronize'; id: string }
  | { kind: 'begun'; id: string }
  | { kind: 'ended'; id: string; report?: SyncReport; failure?: Failure };

interface Failure {
  message: string;
  status?: number;
  kind?: ServerProblem['kind'];
}

export interface TabHandlers {
  isLeading(): boolean;
  onEvent<Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]): void;
  onHello(): void;
  onWritten(): void;
  synchronize(): Promise<SyncReport>;
}

/** This client among the others of its store, as the tabs of a browser: one leads, the others see what it sees, and ask it. */
export class Tabs {
  readonly #waiting = new Map<string, (message: Message) => void>();
  readonly leave: () => void;

  constructor(
    private readonly sharing: Sharing,
    private readonly handlers: TabHandlers,
  ) {
    this.leave = sharing.onMessage((message) => this.#hear(message as Message));
  }

  lead(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#post({ kind: 'hello' });
    return this.sharing.lead(work, signal);
  }

  tell<Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]): void {
    this.#post({ kind: 'event', name, value: plain(value) });
  }

  tellWritten(): void {
    this.#post({ kind: 'written' });
  }

  /** Has the leader synchronize. Undefined where nobody leads. @throws what the leader was told. */
  async synchronize(): Promise<SyncReport | undefined> {
    const id = randomId();
    try {
      return await new Promise<SyncReport | undefined>((resolve, reject) => {
        const timer = setTimeout(() => resolve(undefined), LEADER_ANSWERS_WITHIN_MS);
        this.#waiting.set(id, (message) => {
          clearTimeout(timer);
          if (message.kind !== 'ended') return;
          if (message.failure) reject(failureOf(message.failure));
          else resolve(message.report);
        });
        this.#post({ kind: 'synchronize', id });
      });
    } finally {
      this.#waiting.delete(id);
    }
  }

  #hear(message: Message): void {
    const { handlers } = this;
    if (message.kind === 'event') handlers.onEvent(message.name, revived(message.value) as never);
    else if (message.kind === 'begun' || message.kind === 'ended') this.#waiting.get(message.id)?.(message);
    else if (!handlers.isLeading()) return;
    else if (message.kind === 'hello') handlers.onHello();
    else if (message.kind === 'written') handlers.onWritten();
    else this.#synchronizeFor(message.id);
  }

  #synchronizeFor(id: string): void {
    this.#post({ kind: 'begun', id });
    this.handlers.synchronize().then(
      (report) => this.#post({ kind: 'ended', id, report }),
      (error) => this.#post({ kind: 'ended', id, failure: toFailure(error) }),
    );
  }

  #post(message: Message): void {
    this.sharing.post(message);
  }
}

/** Errors lose their class on the way. */
const toFailure = ({ message, status, kind }: Failure): Failure => ({ message, status, kind });
const failureOf = ({ message, status, kind }: Failure): Error =>
  status === undefined ? new Error(message) : new ServerProblem(status, kind);

/** Of a status: its problem or error in a form that can be sent. */
function plain(value: unknown): unknown {
  const { problem, error, ...rest } = value as { problem?: Failure; error?: Failure };
  if (problem) return { ...rest, problem: toFailure(problem) };
  return error instanceof Error ? { ...rest, error: error.message } : value;
}

const revived = (value: unknown): unknown => {
  const { state, problem } = value as { state?: string; problem?: Failure };
  return state === 'denied' && problem ? { state, problem: failureOf(problem) } : value;
};
