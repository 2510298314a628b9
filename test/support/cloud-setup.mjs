// Before the end-to-end tests: one local cloud for all of them.
import { startCloud } from './cloud-process.mjs';

export default async function setup() {
  const { facts, stop } = await startCloud();
  process.env.CPM_E2E_CLOUD = JSON.stringify(facts);
  globalThis.stopCloudOfEndToEndTests = stop;
}
