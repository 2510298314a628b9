import { describeRegistry } from '../../../contract/registry-contract.js';
import { MemoryRegistry } from '../../../support/memory-registry.js';
import { MemoryStore } from '../../../support/memory-store.js';

describeRegistry('in memory', async () => {
  const store = new MemoryStore();
  return { store, registry: new MemoryRegistry(store) };
});
