import { randomBytes } from 'node:crypto';
import { CloudSocket } from './cloud-socket.js';

/** The local cloud that runs during the end-to-end tests. */
export interface CloudFacts {
  readonly url: string;
  readonly socketUrl: string;
  readonly issuer: string;
  readonly dynamodbEndpoint: string;
  readonly storeTable: string;
  readonly registryTable: string;
  readonly outDir: string; // folder of the synthesized template and bundles
  readonly pid: number;
}

export const cloud: CloudFacts = JSON.parse(process.env.CPM_E2E_CLOUD ?? '{}');

// The wire as the protocol describes it, written a second time: the tests must not see it through our
// schemas.
export interface WireChange {
  readonly type: string;
  readonly id: string;
  readonly modSeq: number;
  readonly conversationId?: string;
  readonly removed?: string;
  readonly [attribute: string]: unknown;
}
export interface WireResult {
  readonly n?: number;
  readonly status: string;
  readonly modSeq?: number;
  readonly current?: WireChange;
  readonly problem?: { readonly errors?: readonly { pointer: string; detail: string }[] };
}
export interface WireSync {
  readonly results?: readonly WireResult[];
  readonly changes?: readonly WireChange[];
  readonly syncToken: string;
  readonly hasMore?: boolean;
  readonly reset?: boolean;
  readonly backfill?: { readonly sent: number; readonly total: number };
  readonly nextSyncAfterSeconds?: number;
  readonly effective?: Readonly<Record<string, unknown>>;
}
export interface WireProblem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly requestId: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly expectedN?: number;
}

export interface HttpAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** Sends a request, with a JSON body if it has one. Returns the answer's body as it is, problems too. */
export async function call<Body = WireProblem>(
  method: string,
  path: string,
  { token, body, url = cloud.url }: { token?: string; body?: unknown; url?: string } = {},
): Promise<HttpAnswer<Body>> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
}

/** Sends a request that must succeed. @throws Error with the answer. */
export async function fine<Body>(...request: Parameters<typeof call>): Promise<Body> {
  const { status, body } = await call<Body>(...request);
  if (status >= 200 && status < 300) return body;
  throw new Error(`${request[0]} ${request[1]} answered ${status} ${JSON.stringify(body)}`);
}

/** An access token of the cloud's issuer for this user and scope. */
export async function tokenFor(sub: string, scope: string, url = cloud.url): Promise<string> {
  const { access_token } = await fine<{ access_token: string }>('POST', '/dev/token', {
    body: { sub, scope },
    url,
  });
  return access_token;
}

/** A text that no other call returns. */
export const unique = (): string => randomBytes(6).toString('hex');

/** A user that no other test uses, with the requests that the Participating Function makes for it. */
export class User {
  readonly id: string;
  #tokens = new Map<string, Promise<string>>();

  constructor(
    id = `tel:+1555${Math.floor(Math.random() * 1e11)}`,
    readonly url = cloud.url,
  ) {
    this.id = id;
  }

  token(scope = 'cpm/sync'): Promise<string> {
    const token = this.#tokens.get(scope) ?? tokenFor(this.id, scope, this.url);
    this.#tokens.set(scope, token);
    return token;
  }

  /** Deposits as the Participating Function, which acts for any user. */
  async deposit(...operations: object[]): Promise<{ results: WireResult[]; modSeq: number }> {
    return fine('POST', `/v1/users/${encodeURIComponent(this.id)}/operations`, {
      token: await this.token('cpm/participate'),
      body: { operations },
      url: this.url,
    });
  }

  /** Sends a request as the service provider, which acts for any user. */
  async provider<Body = WireProblem>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<HttpAnswer<Body>> {
    return call<Body>(method, path, { token: await this.token('cpm/admin'), body, url: this.url });
  }

  /** Creates a policy for this box alone, and assigns it. @returns its id. */
  async policy(policy: object, policyId = `policy-${unique()}`): Promise<string> {
    const path = `/v1/policies/${encodeURIComponent(policyId)}`;
    const put = await this.provider('PUT', path, policy);
    if (put.status !== 200) throw new Error(`the policy was not created: ${JSON.stringify(put.body)}`);
    const box = `/v1/users/${encodeURIComponent(this.id)}/box`;
    const assigned = await this.provider('PUT', box, { policyId });
    if (assigned.status !== 200) throw new Error(`not assigned: ${JSON.stringify(assigned.body)}`);
    return policyId;
  }

  async device(deviceId = 'phone', preferences?: object): Promise<Device> {
    const device = new Device(this, deviceId);
    await device.register(preferences);
    return device;
  }
}

/** A device that keeps its state as a client does: instance, `n`, token. */
export class Device {
  n = 0;
  syncToken: string | undefined;
  /** Every response, in order. */
  readonly pages: WireSync[] = [];

  constructor(
    readonly user: User,
    readonly deviceId: string,
    public instanceId = `instance-${unique()}`,
  ) {}

  get path(): string {
    return `/v1/devices/${encodeURIComponent(this.deviceId)}`;
  }

  async call<Body = WireProblem>(method: string, path: string, body?: unknown): Promise<HttpAnswer<Body>> {
    return call<Body>(method, path, { token: await this.user.token(), body, url: this.user.url });
  }

  async register(preferences?: object): Promise<HttpAnswer<Record<string, unknown>>> {
    const { instanceId } = this;
    const answer = await this.call<Record<string, unknown>>('PUT', this.path, {
      instanceId,
      ...(preferences && { preferences }),
    });
    if (answer.status > 201) throw new Error(`not registered: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  /** One request of a synchronization. The device ignores the response. */
  request<Body = WireProblem>(body: object = {}): Promise<HttpAnswer<Body>> {
    const { deviceId, instanceId } = this;
    return this.call<Body>('POST', '/v1/sync', { deviceId, instanceId, ...body });
  }

  /** Runs a whole synchronization from the token of the device. @returns all its changes, in order. */
  async synchronize({ limit, operations = [] }: { limit?: number; operations?: readonly object[] } = {}) {
    const changes: WireChange[] = [];
    const results: WireResult[] = [];
    const numbered = operations.map((operation) => ({ ...operation, n: ++this.n }));
    for (let pages = 1; ; pages++) {
      const { status, body } = await this.request<WireSync>({
        ...(this.syncToken !== undefined && { syncToken: this.syncToken }),
        ...(limit !== undefined && { limit }),
        ...(pages === 1 && numbered.length > 0 && { operations: numbered }),
      });
      if (status !== 200) throw new Error(`not synchronized: ${status} ${JSON.stringify(body)}`);
      this.pages.push(body);
      this.syncToken = body.syncToken;
      changes.push(...(body.changes ?? []));
      results.push(...(body.results ?? []));
      if (!body.hasMore) return { changes, results, pages };
    }
  }

  async ticketUrl(): Promise<string> {
    const { status, body } = await this.call<{ url: string }>('POST', `${this.path}/tickets`);
    if (status !== 201) throw new Error(`the ticket was not issued: ${status} ${JSON.stringify(body)}`);
    return body.url;
  }

  async connect(): Promise<CloudSocket> {
    return CloudSocket.open(await this.ticketUrl());
  }
}

/** Elements that a device holds after these changes: the last version of each, without removed ones. */
export const byName = (changes: readonly WireChange[]): Record<string, WireChange> =>
  Object.fromEntries(changes.map((change) => [`${change.type} ${change.id}`, change]));

/** `type id` of each change, for tests that need nothing else. */
export const names = (changes: readonly WireChange[] = []): string[] =>
  changes.map(({ type, id, removed }) => `${type} ${id}${removed ? ` ${removed}` : ''}`);
