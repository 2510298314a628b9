import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documents } from './docs/documents.js';

/** npm run docs: the documents of the HTTP API and the WebSocket, from the schemas of protocol/. */
const FOLDER = fileURLToPath(new URL('../docs', import.meta.url));

await mkdir(FOLDER, { recursive: true });
for (const [name, text] of Object.entries(documents())) {
  await writeFile(join(FOLDER, name), text);
  console.log(`docs/${name}`);
}
