import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';

interface Invocation {
  isOver: boolean;
}

const invocations = new AsyncLocalStorage<Invocation>();

/**
 * The handler, whose work ends with its response. Lambda freezes a function after its response and can thaw it hours later.
 * Work that was still running could then write to a box that has been erased.
 */
export const inInvocation =
  <Event, Answer>(handler: (event: Event, context: Context) => Promise<Answer>) =>
  async (event: Event, context: Context): Promise<Answer> => {
    const invocation: Invocation = { isOver: false };
    try {
      return await invocations.run(invocation, () => handler(event, context));
    } finally {
      invocation.isOver = true;
    }
  };

/** An SDK client that sends and retries nothing for a finished invocation. */
export function endingWithInvocation<Client extends DynamoDBClient | SQSClient>(client: Client): Client {
  const { middlewareStack } = client as DynamoDBClient;
  // After the retry middleware, so that each attempt checks.
  middlewareStack.add(
    (next) => async (args) => {
      if (invocations.getStore()?.isOver) throw new Error('the invocation has finished');
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'endsWithInvocation' },
  );
  return client;
}
