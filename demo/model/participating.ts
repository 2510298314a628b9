import type { TokenSource } from '../../client/sync/http-caller.js';
import { type HttpCaller, httpCaller } from '../../client/sync/http-caller.js';
import { Depositor } from '../../dev/depositor.js';
import { OPERATIONS_MAX } from '../../protocol/limits.js';
import { messageIdOf } from '../../protocol/message-id.js';
import type { OperationInput } from '../../protocol/operation.js';
import type { Recorder } from './recorder.js';

export interface ParticipatingOptions {
  readonly user: string;
  readonly url: string;
  readonly token: TokenSource; // cpm/participate
  readonly recorder: Recorder;
}

export interface Addressed {
  readonly id: string; // of the conversation history
  readonly kind: 'oneToOne' | 'group';
  readonly participants: readonly string[];
  readonly subject?: string;
}

const now = (): string => new Date().toISOString();

/** The Participating Function: deposits messages, disposition notifications and session histories. */
export class Participating {
  readonly #call: HttpCaller;
  readonly #user: string;

  constructor({ user, url, token, recorder }: ParticipatingOptions) {
    this.#user = user;
    this.#call = httpCaller({ url, token, fetch: recorder.fetchOf('network') });
  }

  /**
   * Deposits operations, in requests of at most 50.
   * @param deposited receives the number of deposited operations after each one.
   * @throws Error if the server refuses an operation, or the error of the call.
   */
  async deposit(operations: readonly OperationInput[], deposited?: (count: number) => void): Promise<void> {
    const refused: string[] = [];
    const depositor = new Depositor({
      call: this.#call,
      user: this.#user,
      batchSize: OPERATIONS_MAX,
      signal: new AbortController().signal,
      onRefused: (_, why) => refused.push(why),
    });
    for (const [i, operation] of operations.entries()) {
      await depositor.add(i, operation);
      deposited?.(depositor.counts.deposited + depositor.counts.alreadyThere);
    }
    await depositor.finish();
    deposited?.(operations.length);
    if (refused.length > 0) throw new Error(refused[0]);
  }

  /** Creates messages from others, one millisecond apart so that they keep their order. */
  messages(
    to: Addressed,
    texts: readonly string[],
    { from, sessionId, atMs = Date.now() }: { from?: string; sessionId?: string; atMs?: number } = {},
  ): OperationInput[] {
    const others = to.participants.filter((uri) => uri !== this.#user);
    const { id: conversationId, kind, participants, subject } = to;
    return texts.map((textContent, i) => {
      const sender = from ?? (others[i % others.length] as string);
      const date = new Date(atMs + i).toISOString();
      const imdnMessageId = crypto.randomUUID();
      return {
        op: 'create',
        type: 'message',
        id: messageIdOf(date, imdnMessageId),
        conversationId,
        conversation: { kind, participants: [...participants], ...(subject && { subject }) },
        data: {
          messageContext: 'chat-message',
          direction: 'In',
          from: sender,
          to: participants.filter((uri) => uri !== sender),
          date,
          contentType: 'text/plain',
          textContent,
          imdnMessageId,
          ...(sessionId && { sessionId }),
        },
      };
    });
  }

  /** Deposits disposition notifications of all recipients for a message of the user. */
  report(
    message: { id: string; conversationId: string; to: readonly string[] },
    disposition: 'delivered' | 'displayed',
  ): Promise<void> {
    const at = now();
    const { id, conversationId, to } = message;
    const dispositions = to.map((participant) => ({ participant, disposition, at }));
    return this.deposit([{ op: 'modify', type: 'messageState', id, conversationId, data: { dispositions } }]);
  }

  /** Deposits a session history with its group state and messages. @returns the id of the session history. */
  startSession(group: Addressed, originator: string, texts: readonly string[]): Promise<string> {
    const id = `session-${crypto.randomUUID()}`;
    const { id: conversationId, kind, participants, subject } = group;
    const seed: OperationInput = {
      op: 'create',
      type: 'conversationHistory',
      id: conversationId,
      data: { kind, participants: [...participants], ...(subject && { subject }) },
    };
    const session: OperationInput = {
      op: 'create',
      type: 'sessionHistory',
      id,
      conversationId,
      data: {
        originator,
        participants: [...participants],
        ...(subject && { subject }),
        startedAt: now(),
        groupState: groupState(participants),
      },
    };
    const said = this.messages(group, texts, { sessionId: id });
    return this.deposit([seed, session, ...said]).then(() => id);
  }

  /** Changes the participants of a group session. */
  changeGroup(conversationId: string, sessionId: string, participants: readonly string[]): Promise<void> {
    const data = { participants: [...participants], groupState: groupState(participants) };
    return this.deposit([{ op: 'modify', type: 'sessionHistory', id: sessionId, conversationId, data }]);
  }

  /** Ends a group session. */
  endSession(conversationId: string, sessionId: string): Promise<void> {
    const data = { endedAt: now() };
    return this.deposit([{ op: 'modify', type: 'sessionHistory', id: sessionId, conversationId, data }]);
  }
}

const groupState = (participants: readonly string[]) => ({
  lastFocusSessionId: `focus-${crypto.randomUUID().slice(0, 8)}`,
  groupType: 'closed' as const,
  participants: participants.map((uri) => ({ uri })),
  timestamp: now(),
});
