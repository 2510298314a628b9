import { type WebSocket, WebSocketServer } from 'ws';
import { registerDevice, revokeDevice } from '../../core/admin/devices.js';
import type { BoxId } from '../../core/model/items.js';
import { SyncProblem } from '../../core/model/sync-problem.js';
import { historyOf } from '../../core/read/history-of.js';
import { deviceRegistrationSchema } from '../../protocol/device-registration.js';
import { historyQuerySchema } from '../../protocol/history-query.js';
import type { DeviceId } from '../../protocol/ids.js';
import { PROBLEMS } from '../../protocol/problem.js';
import {
  type Answer,
  type Loopback,
  problem,
  type Received,
  startLoopback,
} from '../unit/client/loopback.js';
import { BOX } from './builders.js';
import { Rig } from './rig.js';

/**
 * The core on a store in memory, behind real HTTP and WebSockets on the loopback interface. The access token
 * is the user.
 */
export class CoreCloud {
  readonly rig = new Rig();
  /** Called before each request; its result, if any, is the answer. */
  before: (request: Received) => Answer | undefined | Promise<Answer | undefined> = () => undefined;
  /** Called after each request was carried out; `hangUp` loses the answer. */
  after: (request: Received) => 'hangUp' | undefined = () => undefined;
  readonly #sockets = new Map<WebSocket, { box: BoxId; deviceId: string }>();
  readonly #tickets = new Map<string, { box: BoxId; deviceId: string }>();

  private constructor(readonly loopback: Loopback) {}

  static async start(): Promise<CoreCloud> {
    const loopback = await startLoopback((request) => cloud.#answer(request));
    const cloud = new CoreCloud(loopback);
    const sockets = new WebSocketServer({ noServer: true });
    loopback.onUpgrade = (request, socket, head) => {
      const ticket = new URL(request.url ?? '', loopback.url).searchParams.get('ticket') ?? '';
      const holder = cloud.#tickets.get(ticket);
      if (!cloud.#tickets.delete(ticket) || !holder) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      sockets.handleUpgrade(request, socket, head, (opened) => cloud.#open(opened, holder));
    };
    return cloud;
  }

  get url(): string {
    return this.loopback.url;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  cutConnections(): void {
    for (const socket of this.#sockets.keys()) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cutConnections();
    await this.loopback.close();
  }

  /** Deposits as the Participating Function, and notifies connected devices. */
  async deposit(box: BoxId, ...operations: unknown[]) {
    const answer = await this.rig.deposit(box, ...operations);
    this.#announce(box);
    return answer;
  }

  revoke(deviceId: string, box: BoxId = BOX): Promise<void> {
    return revokeDevice(this.rig.core, box, deviceId as DeviceId);
  }

  #open(socket: WebSocket, holder: { box: BoxId; deviceId: string }): void {
    this.#sockets.set(socket, holder);
    socket.on('message', () => socket.send('{"type":"pong"}'));
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #announce(box: BoxId, by?: string): void {
    const frame = { type: 'syncRequest', modSeq: 1, changes: { message: 1 }, conversations: [] };
    for (const [socket, holder] of this.#sockets)
      if (holder.box === box && holder.deviceId !== by) socket.send(JSON.stringify(frame));
  }

  async #answer(request: Received): Promise<Answer> {
    const instead = await this.before(request);
    if (instead) return instead;
    try {
      const answer = await this.#carryOut(request);
      return this.after(request) ?? answer;
    } catch (error) {
      if (!(error instanceof SyncProblem)) throw error;
      return problem(PROBLEMS[error.kind].status, error.kind, error.details);
    }
  }

  async #carryOut({ method, path, body, authorization = '' }: Received): Promise<Answer> {
    const { core } = this.rig;
    const box = authorization.replace('Bearer ', '') as BoxId;
    const { pathname, searchParams } = new URL(path, this.url);
    const [, , resource, name = '', more] = pathname.split('/').map(decodeURIComponent);
    const deviceId = name as DeviceId;
    if (resource === 'sync') {
      const { deviceId, instanceId, ...rest } = body as Record<string, unknown>;
      const answer = await this.rig.sync({ box, deviceId, instanceId } as never, rest);
      if (answer.results) this.#announce(box, deviceId as string);
      return { status: 200, body: answer };
    }
    if (resource === 'conversations') {
      const query = historyQuerySchema.parse(Object.fromEntries(searchParams));
      return { status: 200, body: await historyOf(core, box, name as never, query) };
    }
    if (more === 'tickets') {
      const ticket = `ticket-${this.#tickets.size}-${Math.random()}`;
      this.#tickets.set(ticket, { box, deviceId });
      const url = `${this.url.replace('http', 'ws')}/socket?ticket=${ticket}`;
      return { status: 201, body: { ticket, url, expiresInSeconds: 60 } };
    }
    if (method === 'PUT') {
      const registration = deviceRegistrationSchema.parse(body);
      const { created, device } = await registerDevice(core, box, deviceId, registration);
      return { status: created ? 201 : 200, body: device };
    }
    return problem(404, 'not-found');
  }
}
