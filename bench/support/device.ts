import type { TicketHolder } from '../../core/ports/registry.js';
import type { OperationInput } from '../../protocol/operation.js';
import type { BenchServer, HttpAnswer } from './server.js';

const OPERATIONS_A_REQUEST = 50;

/** Traffic of one action of a device or the Participating Function. Unit: bytes of bodies. */
export interface Wire {
  readonly roundTrips: number;
  readonly up: number;
  readonly down: number;
  readonly downCompressed: number;
}

const NO_WIRE: Wire = { roundTrips: 0, up: 0, down: 0, downCompressed: 0 };

const withAnswer = (sum: Wire, request: unknown, { rawBytes, sentBytes }: HttpAnswer): Wire => ({
  roundTrips: sum.roundTrips + 1,
  up: sum.up + Buffer.byteLength(JSON.stringify(request)),
  down: sum.down + rawBytes,
  downCompressed: sum.downCompressed + sentBytes,
});

export type Route = 'https' | 'socket';

interface Synchronizing {
  readonly limit?: number;
  readonly route?: Route;
  readonly onResponse?: () => void;
}

/** A Message Storage Client without a store: it sends the given operations and keeps its token. */
export class BenchDevice {
  token: string | undefined;
  private n = 0;

  constructor(
    private readonly server: BenchServer,
    readonly user: string,
    readonly deviceId: string,
  ) {}

  async register(preferences: object = {}): Promise<this> {
    const body = { instanceId: this.deviceId, preferences };
    const path = { deviceId: this.deviceId };
    await this.server.http('PUT /v1/devices/{deviceId}', { scope: 'cpm/sync', user: this.user, path, body });
    return this;
  }

  /**
   * One synchronization with all its requests. Returns its traffic and the changes received. Calls
   * `onResponse` after each.
   */
  async synchronize(
    operations: readonly OperationInput[] = [],
    { limit = 200, route = 'https', onResponse = () => {} }: Synchronizing = {},
  ): Promise<{ wire: Wire; received: number }> {
    let wire = NO_WIRE;
    let received = 0;
    let rest = operations.map((operation) => ({ ...operation, n: ++this.n }));
    for (let hasMore = true; hasMore || rest.length > 0; ) {
      const body = {
        ...(this.token !== undefined && { syncToken: this.token }),
        ...(rest.length > 0 && { operations: rest.slice(0, OPERATIONS_A_REQUEST) }),
        ...(limit !== 200 && { limit }),
      };
      const { request, answer } = await this.ask(body, route);
      onResponse();
      wire = withAnswer(wire, request, answer);
      const { results = [], changes = [], syncToken } = answer.body;
      const failed = results.find(({ status }: { status: string }) => status !== 'applied');
      if (failed) throw new Error(`an operation was not applied: ${JSON.stringify(failed)}`);
      rest = rest.slice(results.length);
      received += changes.length;
      this.token = syncToken;
      hasMore = answer.body.hasMore === true;
    }
    return { wire, received };
  }

  /** Sends one request for this many elements, and ignores further pages. */
  async page(limit: number): Promise<{ syncToken: string }> {
    const body = { ...(this.token !== undefined && { syncToken: this.token }), limit };
    const { answer } = await this.ask(body, 'https');
    this.token = answer.body.syncToken;
    return answer.body;
  }

  private async ask(body: object, route: Route): Promise<{ request: object; answer: HttpAnswer }> {
    const { user, deviceId } = this;
    if (route === 'socket') {
      const request = { action: 'sync', ...body };
      const holder = { box: user, deviceId, instanceId: deviceId } as unknown as TicketHolder;
      return { request, answer: await this.server.frame(holder, request) };
    }
    const request = { deviceId, instanceId: deviceId, ...body };
    const call = { scope: 'cpm/sync' as const, user, body: request };
    return { request, answer: await this.server.http('POST /v1/sync', call) };
  }
}

/**
 * Deposits operations of the Participating Function, at most fifty a request. The stream reader runs after
 * each request, unless `isProjected` is false.
 */
export async function deposit(
  server: BenchServer,
  userId: string,
  operations: readonly OperationInput[],
  { isProjected = true } = {},
): Promise<Wire> {
  let wire = NO_WIRE;
  for (let rest = operations; rest.length > 0; ) {
    const body = { operations: rest.slice(0, OPERATIONS_A_REQUEST) };
    const call = {
      scope: 'cpm/participate' as const,
      user: 'participating-function',
      path: { userId },
      body,
    };
    const answer = await server.http('POST /v1/users/{userId}/operations', call);
    const { results } = answer.body;
    const failed = results.find(({ status }: { status: string }) => status !== 'applied');
    if (failed) throw new Error(`a deposit was not applied: ${JSON.stringify(failed)}`);
    rest = rest.slice(results.length);
    wire = withAnswer(wire, body, answer);
    if (isProjected) await server.readsStream(await server.streamOf(userId));
  }
  return wire;
}
