import * as z from 'zod/mini';
import type { LocalCloud } from '../local-cloud-options.js';
import { messageOf } from '../problem.js';

const commandSchema = z.object({
  id: z.number(),
  method: z.enum([
    'token',
    'invoke',
    'queueDepths',
    'terminateWorker',
    'setFaultRates',
    'faultCounts',
    'dropConnections',
    'stop',
  ]),
  args: z._default(z.array(z.unknown()), []),
});
const rate = z.optional(z.number().check(z.gte(0), z.lte(1)));
const faultRatesSchema = z.strictObject({
  kill: rate,
  killOf: z.optional(z.record(z.string(), z.number())),
  doubleMessage: rate,
  doubleBatch: rate,
});
type Command = z.infer<typeof commandSchema>;

/**
 * Lets a process that forked this one call methods of the cloud. Shape: a message `{id, method, args}`, answered by
 * `{id, result}` or `{id, error}`. When the channel closes, `stop` is called.
 */
export function serveParent(cloud: LocalCloud, stop: () => void): void {
  if (!process.send) return;
  process.on('message', async (message) => {
    const command = commandSchema.safeParse(message);
    if (!command.success) return;
    const { id } = command.data;
    try {
      process.send?.({ id, result: await perform(cloud, stop, command.data) });
    } catch (error) {
      process.send?.({ id, error: messageOf(error) });
    }
  });
  process.on('disconnect', stop);
}

function perform(cloud: LocalCloud, stop: () => void, { method, args }: Command): unknown {
  switch (method) {
    case 'token':
      return cloud.token(String(args[0]), String(args[1]));
    case 'invoke':
      return cloud.invoke(String(args[0]), args[1]);
    case 'queueDepths':
      return cloud.queueDepths();
    case 'terminateWorker':
      return cloud.chaos.terminateWorker(args[0] === undefined ? undefined : String(args[0]));
    case 'setFaultRates':
      return void Object.assign(cloud.faults.rates, faultRatesSchema.parse(args[0]));
    case 'faultCounts':
      return cloud.faults.counts;
    case 'dropConnections':
      return cloud.chaos.dropConnections();
    case 'stop':
      return stop();
  }
}
