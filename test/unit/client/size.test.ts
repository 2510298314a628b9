import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const MAX_BYTES = 25_000;

test('the client with a store in memory takes at most 25,000 bytes of an application, minified and gzipped', async () => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: "export { MessageStorageClient, httpTransport, memoryStore } from './client/index.ts';",
      resolveDir: process.cwd(),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    metafile: true,
    write: false,
  });
  const [file] = outputFiles;
  expect(gzipSync(file?.contents ?? '', { level: 9 }).length).toBeLessThanOrEqual(MAX_BYTES);
  // The measured bundle includes the whole client, and no code of the server or of Node.
  const inputs = Object.keys(metafile.inputs);
  expect(inputs).toEqual(
    expect.arrayContaining(['client/api/message-storage-client.ts', 'client/sync/store-page.ts']),
  );
  expect(inputs.filter((input) => !/^(client|protocol|node_modules\/zod)\/|<stdin>/.test(input))).toEqual([]);
});
