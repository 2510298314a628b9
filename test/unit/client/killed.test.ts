import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from 'esbuild';
import { BOX } from '../../support/builders.js';
import { Chance } from '../../support/model/chance.js';
import { syncBodies, useCloud } from './sdk.js';

jest.setTimeout(120_000);

const KILLS = 12;
const context = useCloud();
const { aClient, aDeposit } = context;

interface Said {
  started?: string[];
  written?: string;
  held?: string[];
  pending?: number;
  renewed?: unknown;
  refused?: unknown;
}

let folder: string;
let script: string;

beforeAll(async () => {
  const cache = join(process.cwd(), 'node_modules/.cache'); // where Node finds its packages
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'killed-client-'));
  script = join(folder, 'killed-client.mjs');
  const entryPoints = ['test/support/killed-client.ts'];
  await build({
    entryPoints,
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the process. It prints one line per event. */
function startProcess(...more: string[]) {
  const child: ChildProcess = spawn(
    process.execPath,
    [script, context.cloud.url, BOX, join(folder, 'phone.db'), ...more],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const said: Said[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => said.push(JSON.parse(line)));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { child, said, ended };
}

test('[CL4, XO9, XO10] a client that is killed again and again while it writes and synchronizes loses no operation, repeats none and leaves no gap', async () => {
  const chance = new Chance(7);
  const written: string[] = [];
  const unexpected: Said[] = [];
  let before: string[] = [];
  let deposited = 0;
  for (let life = 0; life < KILLS; life++) {
    await aDeposit(...Array.from({ length: 4 }, () => ({ id: `d${++deposited}` })));
    const { child, said, ended } = startProcess(`w${life}`);
    const lines = chance.between(1, 5); // so that it makes progress at any speed, and ends at any point
    while (said.length < lines) await delay(2);
    await delay(chance.between(0, 30));
    child.kill('SIGKILL');
    await ended;
    const [{ started = [] } = {}] = said;
    // It has all messages of the killed process before it sends any request.
    expect(started).toEqual(expect.arrayContaining([...before, ...written]));
    before = started;
    written.push(...said.flatMap((each) => each.written ?? []));
    unexpected.push(...said.filter(({ renewed, refused }) => renewed || refused));
  }
  const { said, ended } = startProcess('end', 'end');
  expect(await ended).toBe(0);
  const { held = [], pending } = said.at(-1) ?? {};

  expect(unexpected).toEqual([]);
  expect(written.length).toBeGreaterThan(KILLS);
  expect(pending).toBe(0);
  expect(held).toEqual(
    expect.arrayContaining([...written, ...Array.from({ length: deposited }, (_, i) => `d${i + 1}`)]),
  );
  const other = aClient({ deviceId: 'tablet' });
  await other.synchronize();
  const onServer: string[] = [];
  for await (const { type, id } of other.elements()) if (type === 'message') onServer.push(id);
  expect([...held].sort()).toEqual(onServer.sort());

  // Each operation has one number, and the numbers have no gap.
  const bodies = syncBodies(context.cloud).filter(({ instanceId }) => instanceId === firstInstance());
  const byN = new Map<number, Set<string>>();
  for (const { operations = [] } of bodies) {
    for (const operation of operations as { n: number }[])
      byN.set(operation.n, (byN.get(operation.n) ?? new Set()).add(JSON.stringify(operation)));
  }
  expect([...byN.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: byN.size }, (_, i) => i + 1));
  expect([...byN.values()].filter(({ size }) => size !== 1)).toEqual([]);
});

/** The phone never became a new instance. */
function firstInstance(): string {
  const bodies = syncBodies(context.cloud) as { deviceId?: string; instanceId: string }[];
  const instances = new Set(
    bodies.filter(({ deviceId }) => deviceId === 'phone').map(({ instanceId }) => instanceId),
  );
  expect(instances.size).toBe(1);
  return [...instances][0] as string;
}
