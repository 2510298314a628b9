import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { endingWithInvocation, inInvocation } from '../../../functions/runtime/invocation.js';

const CONTEXT = {} as Context;

/** A client whose requests are counted, and answered by `answer`. */
function aClient(answer: () => Promise<never>) {
  const sent: number[] = [];
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: {
      handle: () => {
        sent.push(sent.length);
        return answer();
      },
    } as never,
  });
  return { client: endingWithInvocation(client), sent };
}
const get = (client: DynamoDBClient) =>
  client.send(new GetItemCommand({ TableName: 't', Key: { id: { S: '1' } } }));
const failed = () => Promise.reject(Object.assign(new Error('reset'), { name: 'TimeoutError' }));

test('what an invocation has left under way sends nothing once it has answered', async () => {
  const { client, sent } = aClient(failed);
  let thaw = () => {};
  const frozen = new Promise<void>((settle) => {
    thaw = settle;
  });
  let late: Promise<unknown> = Promise.resolve();
  const handler = inInvocation(async () => {
    late = frozen.then(() => get(client));
    return 'answer';
  });
  expect(await handler(undefined, CONTEXT)).toBe('answer');
  thaw();
  await expect(late).rejects.toThrow('the invocation has finished');
  expect(sent).toEqual([]);
});

test('nor is a call that is under way sent again, though the next invocation is running', async () => {
  let fail = () => {};
  const { client, sent } = aClient(
    () =>
      new Promise((_, reject) => {
        fail = () => failed().catch(reject);
      }),
  );
  let late: Promise<unknown> = Promise.resolve();
  const first = inInvocation(async () => {
    late = get(client);
    while (sent.length === 0) await new Promise(setImmediate);
    throw new Error('something else failed');
  });
  await expect(first(undefined, CONTEXT)).rejects.toThrow('something else failed');
  const next = inInvocation(async () => {
    fail();
    await expect(late).rejects.toThrow();
  });
  await next(undefined, CONTEXT);
  expect(sent).toHaveLength(1);
});

test('while it runs, calls are sent, and sent again', async () => {
  const { client, sent } = aClient(failed);
  await expect(inInvocation(() => get(client))(undefined, CONTEXT)).rejects.toThrow('reset');
  expect(sent.length).toBeGreaterThan(1);
});
