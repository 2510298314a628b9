import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloud, User, type WireChange } from '../support/cloud.js';
import { Command, freePort } from '../support/cloud-command.js';
import { generatedMessages, type MessageLine } from '../support/generated-messages.js';

const MESSAGES = 600;
const CONVERSATIONS = 20;

let folder: string;
let file: string;
let lines: MessageLine[];
const user = new User();
const whom = ['--user', user.id, '--url', cloud.url];

/** Writes the file with three wrong lines: 2, 301 and the last. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cpm-sync-e2e-'));
  file = join(folder, 'messages.jsonl');
  lines = generatedMessages({ seed: 7, user: user.id, messages: MESSAGES, conversations: CONVERSATIONS });
  const texts = lines.map((line) => JSON.stringify(line));
  texts.splice(1, 0, '{"conversationId": "c');
  texts.splice(300, 0, JSON.stringify({ ...lines[0], direction: 'Sideways', date: 'yesterday' }));
  texts.push(JSON.stringify({ ...lines[0], from: undefined }));
  writeFileSync(file, `${texts.join('\n')}\n`);
});
afterAll(async () => {
  await Command.killAll();
  rmSync(folder, { recursive: true, force: true });
});

const deposit = (...args: string[]) => Command.cli('deposit', args).ended;
const device = (...args: string[]) => Command.cli('device', args);
const parsed = (text: string): WireChange[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const wrongLines = (err: string) =>
  [...err.matchAll(/^line (\d+) (.*)$/gm)].map(([, number, fault]) => `${number} ${fault}`);

describe('a file of messages', () => {
  test('is deposited; wrong lines are reported by number, and the others are stored', async () => {
    const { code, out, err } = await Command.npm('deposit', [file, ...whom]).ended;
    expect(wrongLines(err)).toEqual([
      expect.stringMatching(/^2 .*JSON/),
      expect.stringMatching(/^301 .*direction.*date/),
      expect.stringMatching(/^603 .*from.*missing/),
    ]);
    expect(out).toMatch(/^603 lines in .*: 600 deposited, 0 already there, 3 wrong, 0 refused\n$/);
    expect(code).toBe(1);
  });

  test('adds nothing when it is deposited again', async () => {
    const { out } = await deposit(file, ...whom, '--batch', '17', '--json');
    expect(JSON.parse(out)).toMatchObject({
      lines: 603,
      deposited: 0,
      alreadyThere: 600,
      wrong: 3,
      refused: 0,
    });
  });

  test('matches the contents of each device after one synchronization', async () => {
    const seen = lines.filter((line) => line.seen).length;
    const args = (id: string) => [...whom, '--device', id, '--once'];
    const runs = [Command.npm('device', args('phone')).ended, device(...args('tablet')).ended];
    for (const { code, out, err } of await Promise.all(runs)) {
      expect(code).toBe(0);
      expect(err).not.toMatch(/error|warn/i);
      expect(out).toMatch(
        /^2 folders, 20 conversation histories, 0 session histories, 600 messages, (\d+) message states \(/,
      );
      expect(out).toContain(`${seen} message states`);
      expect(out.trim()).not.toContain('\n');
    }
  });

  test('comes back from device --json line by line as it was written', async () => {
    const { code, out } = await device(...whom, '--device', 'phone', '--once', '--json', '--limit', '50')
      .ended;
    expect(code).toBe(0);
    const elements = parsed(out);
    const messages = elements.filter(({ type }) => type === 'message');
    const byImdn = new Map(messages.map((message) => [message.imdnMessageId, message]));
    expect(messages).toHaveLength(MESSAGES);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(MESSAGES);
    for (const { participants, seen, ...line } of lines) {
      const message = byImdn.get(line.imdnMessageId);
      expect(message).toMatchObject(line);
      const state = elements.find(({ type, id }) => type === 'messageState' && id === message?.id);
      expect(state?.flags).toEqual(seen ? ['\\Seen'] : undefined);
      const history = elements.find(({ id }) => id === line.conversationId);
      expect(history).toMatchObject({ kind: participants.length > 2 ? 'group' : 'oneToOne', participants });
    }
  });
});

describe('a device that stays connected', () => {
  test('prints a later deposit, and ends with 0 on Ctrl-C', async () => {
    const owner = new User();
    const args = ['--user', owner.id, '--device', 'phone', '--url', cloud.url];
    const [human, json] = [device(...args), device(...args.with(3, 'tablet'), '--json')];
    await Promise.all([human, json].map((command) => command.until(({ err }) => /^live$/m.test(err))));
    await owner.deposit({
      op: 'create',
      type: 'message',
      id: 'm1',
      conversationId: 'c1',
      conversation: { kind: 'oneToOne', participants: [owner.id, 'tel:+15550101'] },
      data: {
        messageContext: 'chat-message',
        direction: 'In',
        from: 'tel:+15550101',
        to: [owner.id],
        date: '2026-03-01T12:00:00Z',
        contentType: 'text/plain',
        textContent: 'The lake is warm 🏊\u001b[31m',
      },
    });
    await human.until(({ out }) => out.includes('The lake is warm 🏊'));
    expect(human.out).not.toContain('\u001b'); // no message can control the terminal
    const printed = await json.until(
      ({ out }) => /"The lake.*\n/.test(out) && parsed(out.slice(0, out.lastIndexOf('\n'))),
    );
    expect(printed.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['syncRequest', 'conversationHistory', 'message']),
    );
    expect(printed.find(({ type }) => type === 'message')).toMatchObject({ id: 'm1', direction: 'In' });

    for (const command of [human, json]) command.signal('SIGINT');
    expect((await human.ended).code).toBe(0);
    expect((await json.ended).code).toBe(0);
  });
});

test('an unreachable server gets one clear line and exit code 1', async () => {
  const port = await freePort();
  const nowhere = ['--user', user.id, '--url', `http://127.0.0.1:${port}`];
  const runs = [deposit(file, ...nowhere), device(...nowhere, '--device', 'phone').ended];
  for (const { code, err } of await Promise.all(runs)) {
    expect(code).toBe(1);
    const said = err.split('\n').filter((line) => !line.startsWith('line 2 is wrong'));
    expect(said).toEqual([
      expect.stringMatching(`^No answer from http://127.0.0.1:${port} .*npm start$`),
      '',
    ]);
  }
});

test('wrong usage gets one line that names the mistake, and exit code 2', async () => {
  const wrong = device(...whom, '--device', 'phone', '--colour', 'blue').ended;
  const noFile = deposit(join(folder, 'missing.jsonl'), ...whom);
  const runs = [
    wrong.then((ended) => ({ flag: '--colour', ...ended })),
    noFile.then((ended) => ({ flag: 'FILE', ...ended })),
  ];
  for (const { flag, code, out, err } of await Promise.all(runs)) {
    expect([flag, code, out]).toEqual([flag, 2, '']);
    expect(err.split('\n')[0]).toContain(flag);
  }
});
