import type { Core } from '../../../core/ports/core.js';
import { Rig } from '../../support/rig.js';

/** The core in memory that the handlers of a test file use, instead of one on AWS. Tests put a new rig into it. */
export const world = { rig: new Rig(), postponed: [] as string[] };

const core = new Proxy({} as Core, { get: (_, port) => Reflect.get(world.rig.core, port) });

/** Has the exports of functions/runtime/aws/open-core.ts that handlers use. */
export const openCoreInMemory = () => ({
  openCore: () => core,
  tables: () => ({}),
  pushQueue: () => ({}),
  purgeQueue: () => ({}),
  eraseQueue: () => ({}),
  tokenKeys: () => ({}),
  connections: () => ({}),
  pushBackoff: () => ({
    postpone: async (records: readonly { messageId: string }[]) => {
      world.postponed.push(...records.map(({ messageId }) => messageId));
    },
  }),
});

/** Has the exports of functions/runtime/aws/config.ts that handlers use. */
export const configInMemory = () => ({
  readConfig: () => ({ ERASE_SETTLE_SECONDS: 77, SOCKET_URL: 'wss://sockets.example.com/v1' }),
});
