import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documents } from './docs/documents.js';
import { withRoutes } from './docs/readme.js';

/** npm run docs: writes the documents of the HTTP API and the WebSocket, and the routes of README.md, from protocol/. */
const FOLDER = fileURLToPath(new URL('../docs', import.meta.url));

await mkdir(FOLDER, { recursive: true });
for (const [name, text] of Object.entries(documents())) {
  await writeFile(join(FOLDER, name), text);
  console.log(`docs/${name}`);
}

const README = fileURLToPath(new URL('../README.md', import.meta.url));
await writeFile(README, withRoutes(await readFile(README, 'utf8')));
console.log('README.md');
