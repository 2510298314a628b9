import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BOX } from '../../support/builders.js';
import { useCloud } from './sdk.js';

const context = useCloud();
const ROOT = process.cwd();
const IN_PACKAGE = /'cpm-sync\/client(\/[a-z-]+)?'/g;
const FILES: Record<string, string> = { '': 'client/index.ts', '/check': 'client/api/check-operation.ts' };

/** One program with all examples of the page, in their order. */
async function program(): Promise<string> {
  const page = await readFile(join(ROOT, 'docs/client.md'), 'utf8');
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  expect(blocks.length).toBeGreaterThan(3);
  const lines = blocks.join('\n').split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  const rest = lines.filter((line) => !line.startsWith('import '));
  const given = [
    'const url = process.env.CLOUD as string;',
    'const currentToken = () => process.env.TOKEN as string;',
  ];
  return [...imports, ...given, ...rest, 'await client.stop();']
    .join('\n')
    .replace(IN_PACKAGE, (_, path = '') => `'${join(ROOT, FILES[path] ?? '')}'`);
}

async function run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output };
}

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(ROOT, 'test/.examples-'));
  file = join(folder, 'examples.mts');
  await writeFile(file, await program());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the examples of docs/client.md pass the type check with the strictest options', async () => {
  const compilerOptions = { allowImportingTsExtensions: true, noUnusedLocals: false };
  const project = { extends: '../../tsconfig.json', compilerOptions, include: ['examples.mts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
  expect(await run(['node_modules/typescript/bin/tsc', '--project', folder])).toEqual({
    code: 0,
    output: '',
  });
}, 60_000);

test('the examples of docs/client.md run in their order, and have the effects that they describe', async () => {
  await context.aDeposit({ id: 'm1', textContent: 'Are you there?' });
  const { code, output } = await run(['--import', 'tsx', file], { CLOUD: context.cloud.url, TOKEN: BOX });
  expect(output).toContain('c1 1 Are you there?');
  expect(output).toContain('InvalidOperation');
  expect(code).toBe(0);
  const sent = context.cloud.loopback.received.flatMap(
    ({ body }) => (body as { operations?: { op: string; type: string }[] })?.operations ?? [],
  );
  expect(sent.map(({ op, type }) => `${op} ${type}`)).toEqual(
    expect.arrayContaining([
      'create message',
      'modify messageState',
      'create folder',
      'modify conversationHistory',
    ]),
  );
}, 60_000);
