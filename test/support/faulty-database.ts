import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { startLocalCloud } from '@cpm-sync/local-cloud';
import { decodeItem, encodeItem } from '../../core/dynamodb/codec.js';
import { newNonce } from '../../core/model/ids.js';
import { cloud } from './cloud.js';
import { clientOf, type Image } from './cloud-tables.js';

/** The database's reaction to a request, instead of the answer. */
export type Fault =
  /** Answers this error, as DynamoDB does. */
  | { readonly error: string; readonly status?: number }
  /** Never answers. */
  | 'silence'
  /** Breaks the connection, before or after the request takes effect. */
  | 'broken'
  | 'brokenAfterwards'
  /** For a put of a log entry: first puts other entries in its place. */
  | 'overtaken';

interface Trouble {
  readonly about: string; // only requests that contain this text
  readonly operations: RegExp; // names of DynamoDB calls, as PutItem
  readonly holding: RegExp; // a further text that the request must contain
  readonly fault: Fault;
  times: number;
}

/** A proxy in front of a DynamoDB Local that fails on demand. */
class FaultyDatabase {
  #troubles: Trouble[] = [];

  constructor(readonly behind: string) {}

  /** Makes requests that contain the text fail. @returns a function that ends this. */
  fail(
    about: string,
    fault: Fault,
    { operations = /./, holding = /./, times = Number.POSITIVE_INFINITY } = {},
  ): () => void {
    const trouble: Trouble = { about, operations, holding, fault, times };
    this.#troubles.push(trouble);
    return () => {
      this.#troubles = this.#troubles.filter((each) => each !== trouble);
    };
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const operation = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
    const fault = this.#faultFor(operation, body.toString());
    if (fault === 'silence') return;
    if (fault === 'broken') return void request.socket.destroy();
    if (fault === 'overtaken') await this.#overtake(JSON.parse(body.toString()));
    if (typeof fault === 'object') return answerError(response, fault);
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
    const answer = await fetch(this.behind, {
      method: request.method ?? 'POST',
      headers: headers as Record<string, string>,
      ...(body.length > 0 && { body }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (fault === 'brokenAfterwards') return void request.socket.destroy();
    const kept = [...answer.headers].filter(([name]) => /^(content-type|x-amz)/.test(name));
    response.writeHead(answer.status, Object.fromEntries(kept)).end(bytes);
  }

  /** Puts an entry of another writer, which changes nothing, in the place of the intended entry. */
  async #overtake({ TableName, Item }: { TableName: string; Item: Image }): Promise<void> {
    const { box, item } = decodeItem(Item);
    if (item.kind !== 'entry') return;
    const theirs = {
      ...item,
      nonce: newNonce(),
      modSeq: item.rows.length > 0 ? item.modSeq - 1 : item.modSeq,
      rows: [],
      effects: [],
    };
    const client = clientOf(this.behind);
    await client.send(new PutItemCommand({ TableName, Item: encodeItem(box, theirs) }));
    client.destroy();
  }

  #faultFor(operation: string, body: string): Fault | undefined {
    const trouble = this.#troubles.find(
      ({ about, operations, holding, times }) =>
        times > 0 && operations.test(operation) && body.includes(about) && holding.test(body),
    );
    if (trouble) trouble.times--;
    return trouble?.fault;
  }
}

function answerError(response: ServerResponse, fault: Exclude<Fault, string>): void {
  const body = {
    __type: `com.amazonaws.dynamodb.v20120810#${fault.error}`,
    message: `secret words of ${cloud.outDir}`,
  };
  response.writeHead(fault.status ?? 400, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}

/**
 * Starts a second cloud on the same database as the common one. It has its own tables, and fails on demand.
 */
export async function startFaultyCloud() {
  const database = new FaultyDatabase(cloud.dynamodbEndpoint);
  const server = createServer((request, response) => {
    database.handle(request, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const outDir = mkdtempSync(join(tmpdir(), 'cpm-sync-e2e-'));
  for (const name of readdirSync(cloud.outDir)) {
    // The stack's name determines the table names, and the template's file name determines the stack's name.
    if (name.endsWith('.template.json'))
      cpSync(join(cloud.outDir, name), join(outDir, 'Faulty.template.json'));
    else if (name.startsWith('asset.')) symlinkSync(join(cloud.outDir, name), join(outDir, name));
  }
  const dynamodbEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { url, stop } = await startLocalCloud({ port: 0, outDir, dynamodbEndpoint });
  return {
    url,
    database,
    async stop() {
      await stop();
      server.closeAllConnections();
      server.close();
      rmSync(outDir, { recursive: true, force: true });
    },
  };
}
