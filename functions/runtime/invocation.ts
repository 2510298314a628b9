import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';

interface Invocation {
  isOver: boolean;
}

const invocations = new AsyncLocalStorage<Invocation>();

/**
 * The handler, whose work ends with its answer. Lambda freezes a function that has answered, and may thaw it hours later:
 * what it had left under way, after its time or beside something that failed, would write into a box that was erased since.
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

/** A client of the SDK that sends nothing for an invocation that is over, nor sends anything again. */
export function endingWithInvocation<Client extends DynamoDBClient | SQSClient>(client: Client): Client {
  const { middlewareStack } = client as DynamoDBClient;
  // Behind the retries, so that each attempt asks.
  middlewareStack.add(
    (next) => async (args) => {
      if (invocations.getStore()?.isOver) throw new Error('the invocation is over');
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'endsWithInvocation' },
  );
  return client;
}
