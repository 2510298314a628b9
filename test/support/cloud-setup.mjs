// Starts one local cloud for all end-to-end tests.
import { startCloud } from './cloud-process.mjs';

export default async function setup() {
  const { facts, stop } = await startCloud();
  process.env.CPM_E2E_CLOUD = JSON.stringify(facts);
  globalThis.stopCloudOfEndToEndTests = stop;
}
