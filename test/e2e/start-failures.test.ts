import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { cloud } from '../support/cloud.js';
import { Command } from '../support/cloud-command.js';
import { StartedCloud } from '../support/cloud-start.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cpm-sync-e2e-'));
});
afterAll(async () => {
  await Command.killAll();
  rmSync(folder, { recursive: true, force: true });
});

/** A PATH with the programs that npm and Node need, but without java. */
function pathWithoutJava(): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['node', 'npm', 'sh', 'ps', 'env', 'uname', 'sed', 'dirname']) {
    const found = (process.env.PATH ?? '').split(delimiter).flatMap((dir) => {
      try {
        return [realpathSync(join(dir, name))];
      } catch {
        return [];
      }
    })[0];
    if (found) symlinkSync(found, join(bin, name));
  }
  return bin;
}

function templateFolder(name: string, text: string): string {
  const outDir = join(folder, name);
  mkdirSync(outDir);
  writeFileSync(join(outDir, 'Broken.template.json'), text);
  return outDir;
}

test('a used port, no Java, a broken template, a wrong flag: each gives one line and exit code 1, and leaves no process', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const taken = String((holder.address() as AddressInfo).port);
  const unknown = { Resources: { Bell: { Type: 'AWS::Bell::Tower', Properties: {} } } };
  const synthesized = ['--out-dir', cloud.outDir];
  const cases: [reason: RegExp, args: string[], env?: NodeJS.ProcessEnv][] = [
    [new RegExp(`port ${taken} is taken`, 'i'), synthesized, { PORT: taken }],
    [/no java on the PATH/, [...synthesized, '--port', '0'], { PATH: pathWithoutJava() }],
    [/AWS::Bell::Tower/, ['--port', '0', '--out-dir', templateFolder('unknown', JSON.stringify(unknown))]],
    [/Broken\.template\.json/, ['--port', '0', '--out-dir', templateFolder('cut', '{"Resources": {')]],
    [/--colour/, ['--colour', 'blue']],
  ];
  const runs = cases.map(async ([reason, args, env]) => {
    const started = new StartedCloud(args, env);
    const { code, err } = await started.command.ended;
    return { reason, code, lines: err.split('\n').filter(Boolean), left: started.running };
  });
  for (const { reason, code, lines, left } of await Promise.all(runs)) {
    expect(lines).toEqual([expect.stringMatching(reason)]);
    expect([code, left]).toEqual([1, []]);
  }
  holder.close();
}, 90_000);
