import { type WebSocket, WebSocketServer } from 'ws';
import type { Change } from '../../../protocol/elements/element.js';
import { type Answer, type Loopback, problem, type Received, startLoopback } from './loopback.js';

/** Answers the routes of one device, as RULES.md says. Tests write its log of changes directly. */
export class FakeCloud {
  readonly changes: Change[] = [];
  readonly sockets: WebSocket[] = [];
  readonly frames: unknown[] = []; // from the client
  pageSize = 100;
  nextSyncAfterSeconds = 300;
  instanceId: string | undefined;
  refusal: Answer | undefined; // of every request, when set
  answersPings = true;
  #tickets = 0;
  #valid = new Set<string>();

  private constructor(readonly loopback: Loopback) {}

  static async start(): Promise<FakeCloud> {
    const loopback = await startLoopback((request) => cloud.#answer(request));
    const cloud = new FakeCloud(loopback);
    const sockets = new WebSocketServer({ noServer: true });
    loopback.onUpgrade = (request, socket, head) => {
      const ticket = new URL(request.url ?? '', loopback.url).searchParams.get('ticket') ?? '';
      if (!cloud.#valid.delete(ticket)) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      sockets.handleUpgrade(request, socket, head, (opened) => cloud.#opened(opened));
    };
    return cloud;
  }

  get url(): string {
    return this.loopback.url;
  }

  /** Requests so far, as `PUT /v1/devices/phone`. */
  get requests(): string[] {
    return this.loopback.received.map(({ method, path }) => `${method} ${path}`);
  }

  count(request: string): number {
    return this.requests.filter((each) => each === request).length;
  }

  announce(): void {
    const frame = { type: 'syncRequest', modSeq: 9, changes: { message: 1 }, conversations: ['c1'] };
    for (const socket of this.sockets) socket.send(JSON.stringify(frame));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await this.loopback.close();
  }

  #opened(socket: WebSocket): void {
    this.sockets.push(socket);
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString());
      this.frames.push(frame);
      if (frame.action === 'ping' && this.answersPings) socket.send('{"type":"pong"}');
    });
    socket.on('close', () => this.sockets.splice(this.sockets.indexOf(socket), 1));
  }

  #answer({ method, path, body }: Received): Answer {
    if (this.refusal) return this.refusal;
    if (method === 'PUT') return this.#register(body as { instanceId: string });
    if (this.instanceId === undefined) return problem(403, 'device-not-registered');
    if (method === 'GET') return problem(404, 'not-found'); // it has no further history
    if (path.endsWith('/tickets')) return this.#ticket();
    return this.#sync(body as { instanceId: string; syncToken?: string });
  }

  #register({ instanceId }: { instanceId: string }): Answer {
    this.instanceId = instanceId;
    const effective = { elementTypes: [], folders: '*', excludeConversations: [], maxMessageAgeDays: {} };
    const limits = {
      operationsPerRequest: 50,
      requestBytes: 1,
      elementBytes: 1,
      elementsPerResponse: 1000,
      frameBytes: 1,
    };
    return {
      status: 201,
      body: {
        deviceId: 'phone',
        instanceId,
        preferences: {},
        effective: { ...effective, serverInitiated: true, pushWindowMs: 1000 },
        scopeVersion: 1,
        lastN: 0,
        limits,
      },
    };
  }

  #ticket(): Answer {
    const ticket = `ticket-${++this.#tickets}`;
    this.#valid.add(ticket);
    const url = `${this.url.replace('http', 'ws')}/socket?ticket=${ticket}`;
    return { status: 201, body: { ticket, url, expiresInSeconds: 60 } };
  }

  #sync({ instanceId, syncToken = '0' }: { instanceId: string; syncToken?: string }): Answer {
    if (instanceId !== this.instanceId) return problem(409, 'instance-replaced');
    const from = Number(syncToken);
    const to = Math.min(from + this.pageSize, this.changes.length);
    const changes = this.changes.slice(from, to);
    const { nextSyncAfterSeconds } = this;
    const hasMore = to < this.changes.length;
    return {
      status: 200,
      body: {
        syncToken: String(to),
        nextSyncAfterSeconds,
        ...(changes.length > 0 && { changes }),
        ...(hasMore && { hasMore, backfill: { sent: to, total: this.changes.length } }),
      },
    };
  }
}

/** Shorter than the time limit of a test, so that a wait that fails says for what. Unit: ms. */
const WAIT_MAX_MS = 25_000;

/** Waits until the condition holds. @throws Error with the condition, and what it gave last. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + WAIT_MAX_MS;
  for (let last = await holds(); !last; last = await holds()) {
    if (Date.now() > endMs) throw new Error(`after ${WAIT_MAX_MS} ms still ${last}: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
