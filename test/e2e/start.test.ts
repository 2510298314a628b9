import { execFile } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aMessage, stateChange } from '../support/builders.js';
import { call, cloud, fine, names, User, type WireSync } from '../support/cloud.js';
import { Command, freePort } from '../support/cloud-command.js';
import { CloudSocket } from '../support/cloud-socket.js';
import { StartedCloud } from '../support/cloud-start.js';

// The tests form one sequence: a cloud is started, tried, killed, started again and stopped.

const run = promisify(execFile);

let data: string;
let port: number;
let url: string;
let started: StartedCloud;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'cpm-sync-e2e-'));
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  CloudSocket.closeAll();
  await Command.killAll();
  rmSync(data, { recursive: true, force: true });
});

test('npm start is ready within 30 s, and prints its URLs, a token and a curl line that works', async () => {
  started = await new StartedCloud(['--data', data], { PORT: String(port) }).ready();
  expect(Date.now() - started.beganMs).toBeLessThan(30_000);
  expect(started.shown('HTTP API')).toBe(url);
  expect(started.shown('WebSocket API')).toMatch(`ws://127.0.0.1:${port}`);
  expect(started.command.err).toBe('');
  expect(started.running).toContainEqual(expect.stringContaining('java'));

  const curl = /^curl .*$/m.exec(started.command.out)?.[0] ?? '';
  const { stdout } = await run('sh', ['-c', curl]);
  const { changes = [], hasMore } = JSON.parse(stdout) as WireSync;
  expect(hasMore).toBeUndefined();
  expect(changes.filter(({ type }) => type === 'conversationHistory').length).toBeGreaterThanOrEqual(2);
  expect(changes.filter(({ type }) => type === 'message').length).toBeGreaterThanOrEqual(5);

  const token = /^ey[\w-]+\.[\w-]+\.[\w-]+$/m.exec(started.command.out)?.[0];
  const { devices } = await fine<{ devices: { deviceId: string }[] }>('GET', '/v1/devices', { token, url });
  expect(devices).toHaveLength(2);
  const path = `/v1/devices/${devices[0]?.deviceId}/tickets`;
  const ticket = await fine<{ url: string }>('POST', path, { token, url });
  expect(ticket.url).toMatch(started.shown('WebSocket API'));
  expect(await (await CloudSocket.open(ticket.url)).answer({ action: 'ping' })).toEqual({ type: 'pong' });
}, 90_000);

/** Deposits one message after the other until the server ends. @returns ids of the acknowledged messages. */
async function depositUntilEnd(user: User): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let i = 0; ; i++) {
    const id = `last-${String(i).padStart(4, '0')}`;
    try {
      await user.deposit(aMessage({ id }));
      acknowledged.push(id);
    } catch {
      return acknowledged;
    }
  }
}

test('with --data nothing is lost when all processes are killed, and devices continue from their state', async () => {
  const user = new User(undefined, url);
  const phone = await user.device('phone');
  await user.deposit(aMessage({ id: 'm1' }), aMessage({ id: 'm2', flags: ['\\Seen'] }));
  await phone.synchronize();
  const operations = [stateChange('m1', { addFlags: ['\\Seen'] }, { n: 1 })];
  const done = await phone.request<{ results: object[] }>({ syncToken: phone.syncToken, operations });
  const { modSeq } = await user.deposit(aMessage({ id: 'm3' }));

  const depositing = depositUntilEnd(user);
  setTimeout(() => started.command.signal('SIGKILL'), 1000);
  const acknowledged = await depositing;
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(await started.leftAfter(5000)).toEqual([]); // the database too, which is in another process group

  started = await new StartedCloud([
    '--data',
    data,
    '--port',
    String(port),
    '--out-dir',
    cloud.outDir,
  ]).ready();
  // The earlier access token is valid. The device is behind and is notified, and its token continues without
  // a reset.
  const socket = await phone.connect();
  expect(await socket.next()).toMatchObject({ type: 'syncRequest' });
  const { changes } = await phone.synchronize();
  expect(phone.pages.some(({ reset }) => reset)).toBe(false);
  expect(names(changes)).toEqual(
    expect.arrayContaining(['message m3', ...acknowledged.map((id) => `message ${id}`)]),
  );
  // One deposit may have been in progress and stored, but not acknowledged.
  expect(changes.filter(({ id }) => id.startsWith('last-')).length).toBeLessThanOrEqual(
    acknowledged.length + 1,
  );

  // Operations are applied exactly once across the restart, and numbers continue without a gap.
  const again = await phone.request<{ results: object[] }>({ operations });
  expect(again.body.results).toEqual(done.body.results);
  expect((await user.deposit(aMessage())).modSeq).toBeGreaterThan(modSeq + acknowledged.length);

  const all = await (await user.device('third')).synchronize();
  const messages = all.changes.filter(({ type }) => type === 'message').map(({ id }) => id);
  expect(messages).toEqual(expect.arrayContaining(['m1', 'm2', 'm3', ...acknowledged]));
  expect(
    all.changes
      .filter(({ type }) => type === 'messageState')
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['m1', 'm2']);
}, 90_000);

// The folder holds the issuer's own key. So test the other conditions of a valid token.
test('[AU1] a token of the issuer that is expired, not yet valid, for another audience or of another name is refused', async () => {
  const user = new User(undefined, url);
  const key = JSON.parse(readFileSync(join(data, 'issuer-key.json'), 'utf8'));
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  const [, claims = ''] = (await user.token()).split('.');
  const good = JSON.parse(Buffer.from(claims, 'base64url').toString());
  const status = async (claims: object): Promise<number> => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const content = `${part({ alg: 'RS256', kid: key.kid, typ: 'JWT' })}.${part(claims)}`;
    const token = `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`;
    return (await call('GET', '/v1/devices', { token, url: user.url })).status;
  };
  const nowSeconds = Math.floor(Date.now() / 1000);
  expect(await status(good)).toBe(200);
  expect(await status({ ...good, exp: nowSeconds - 120 })).toBe(401);
  expect(await status({ ...good, exp: undefined })).toBe(401);
  expect(await status({ ...good, nbf: nowSeconds + 600 })).toBe(401);
  expect(await status({ ...good, aud: 'another', client_id: 'another' })).toBe(401);
  expect(await status({ ...good, aud: undefined, client_id: undefined })).toBe(401);
  expect(await status({ ...good, iss: 'https://issuer.example.com' })).toBe(401);
  expect(await status({ ...good, sub: undefined })).toBe(401);
});

test('Ctrl-C ends all processes within a few seconds', async () => {
  started.command.signal('SIGINT');
  expect(await started.leftAfter(5000)).toEqual([]);
  await started.command.ended;
  await expect(fetch(url)).rejects.toThrow();
});
