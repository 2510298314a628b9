// A process with a client on a store in a file. The test kills it at any moment. It creates messages and synchronizes
// all the time, and prints each message once it is stored. With the mode `end` it sends all and prints its messages.
import { writeSync } from 'node:fs';
import { httpTransport, MessageStorageClient } from '../../client/index.js';
import { openStoreFile } from '../../dev/cli/store-file.js';

const [url = '', token = '', file = '', prefix = '', mode = ''] = process.argv.slice(2);
const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);

const { store, close } = openStoreFile(file);
const client = new MessageStorageClient({
  deviceId: 'phone',
  transport: httpTransport({ url, token: () => token }),
  store,
  pageLimit: 5,
});
client.on('renewed', (renewed) => say({ renewed }));
client.on('refused', (refused) => say({ refused }));

const heldIds = async () => {
  const ids: string[] = [];
  for await (const { type, id } of client.elements()) if (type === 'message') ids.push(id);
  return ids;
};

async function writeAndSynchronize(): Promise<never> {
  for (let i = 0; ; i++) {
    const work = { from: 'tel:+15550100', to: ['tel:+15550101'], date: '2026-02-28T10:00:00Z' };
    const conversation = { kind: 'oneToOne' as const, participants: ['tel:+15550100', 'tel:+15550101'] };
    const { id } = await client.createMessage('c1', work, { id: `${prefix}-${i}`, conversation });
    say({ written: id });
    const synchronized = client.synchronize();
    if (i % 2 === 0) await synchronized;
    else await client.setFlags('c1', id, { add: ['\\Flagged'] });
  }
}

say({ started: await heldIds() });
if (mode !== 'end') await writeAndSynchronize();
await client.synchronize();
say({ held: await heldIds(), pending: (await client.pending()).length });
await client.stop();
close();
