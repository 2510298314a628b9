import { describeStore } from '../../../contract/store-contract.js';
import { MemoryStore } from '../../../support/memory-store.js';

describeStore('in memory', async () => new MemoryStore());
