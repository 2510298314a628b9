import { parseOperation } from '../../../../protocol/operation.js';
import { type Answer, type Loopback, type Received, startLoopback } from '../../client/loopback.js';

interface SentOperation {
  id: string;
  conversationId: string;
  flags?: string[];
  data: { textContent?: string };
}

/** The deposit route of the contract, which keeps the received operations, and the tokens of the local cloud. */
export class FakeParticipation {
  readonly stored = new Map<string, SentOperation>(); // by conversation and id
  readonly deleted = new Set<string>();
  atMost = 50; // operations it processes of a request
  givesTokens = true;
  tokenSeconds = 3600;
  /** Answers to give instead of processing, in order. */
  readonly refusals: Answer[] = [];
  readonly batches: number[] = [];
  #tokens = 0;

  private constructor(readonly loopback: Loopback) {}

  static async start(): Promise<FakeParticipation> {
    const loopback = await startLoopback((request) => server.#answer(request));
    const server = new FakeParticipation(loopback);
    return server;
  }

  get url(): string {
    return this.loopback.url;
  }

  #answer(request: Received): Answer {
    if (request.path === '/dev/token') return this.#token();
    const refusal = this.refusals.shift();
    if (refusal) return refusal;
    if (!request.authorization?.startsWith('Bearer ')) return { status: 401 };
    const { operations } = request.body as { operations: SentOperation[] };
    this.batches.push(operations.length);
    const results = operations.slice(0, this.atMost).map((operation) => this.#process(operation));
    return { status: 200, body: { results, modSeq: this.stored.size } };
  }

  #token(): Answer {
    if (!this.givesTokens) return { status: 404, body: { message: 'Not Found' } };
    const body = { access_token: `token-${++this.#tokens}`, expires_in: this.tokenSeconds };
    return { status: 200, body };
  }

  #process(operation: SentOperation): object {
    const parsed = parseOperation(operation);
    if (!parsed.ok) return { status: 'invalid', problem: { errors: parsed.errors } };
    const key = `${operation.conversationId} ${operation.id}`;
    if (operation.data.textContent === 'no room for this') return { status: 'quotaExceeded' };
    if (this.deleted.has(key)) return { status: 'gone' };
    if (this.stored.has(key)) return { status: 'exists' };
    this.stored.set(key, operation);
    return { status: 'applied', modSeq: this.stored.size };
  }
}
