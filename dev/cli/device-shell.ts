import type { MessageStorageClient } from '../../client/api/message-storage-client.js';
import type { ConversationItem, MessageItem } from '../../client/local-state/queries.js';
import { preferencesSchema } from '../../protocol/preferences.js';
import { validate } from '../../protocol/validation.js';
import { CliProblem, lineFor } from './cli-problem.js';
import { describeElement } from './describe.js';
import { printable, printableJson } from './printable.js';
import type { Terminal } from './terminal.js';

/** The commands of the shell, for the help text. */
export const SHELL_HELP = `  list [FOLDER]                        list conversation histories, latest first, with unread counts
  folders                              list folders
  messages CONVERSATION [COUNT]        list messages, newest first, older ones from the history on the server
  send CONVERSATION TEXT               send a text message; a new URI (tel:… or sip:…) starts a conversation history
  read CONVERSATION                    mark all messages as read
  flag CONVERSATION MESSAGE FLAG…      add flags; -FLAG removes a flag
  move CONVERSATION FOLDER             move the conversation history into a folder
  delete CONVERSATION [MESSAGE]        delete the conversation history, or one message
  folder NAME                          make a folder
  sync                                 synchronize now
  prefs [JSON]                         show the preferences, or change them: {"maxMessageAgeDays":30}
  pending                              list operations that wait to be sent
  status                               show the state of the connection
  help                                 print this text
  quit                                 end, like Ctrl-C`;

/** The answer of a command: lines for people, or values that are one line of JSON each. */
interface Answer {
  values: unknown[];
  lines: string[];
}
type ShellCommand = (client: MessageStorageClient, words: string[], user: string) => Promise<Answer>;

const MESSAGES = 20;

const COMMANDS: Record<string, ShellCommand> = {
  async list(client, [folderId]) {
    const { items } = await client.conversations({ ...(folderId && { folderId }), limit: 1000 });
    return { values: items, lines: items.map(describeConversation) };
  },
  async folders(client) {
    const folders = (await client.folders()).map(({ folder }) => folder);
    return { values: folders, lines: folders.map(describeElement) };
  },
  async messages(client, [conversationId, count = String(MESSAGES)]) {
    const limit = Number(count);
    if (!(limit >= 1)) throw new CliProblem(`COUNT must be a number of at least 1, got ${count}`);
    const { items } = await client.messagesAndHistory(needed(conversationId, 'conversation'), { limit });
    return { values: items, lines: items.map(describeMessage) };
  },
  async send(client, [conversationId, ...words], user) {
    const id = needed(conversationId, 'conversation');
    const textContent = needed(words.join(' '), 'text');
    const held = (await client.conversation(id))?.conversation;
    if (!held && !/^[a-z]+:\S/i.test(id))
      throw new CliProblem(
        `CONVERSATION must be a conversation on this device, or a URI that starts a new one, got ${id}`,
      );
    const participants = held?.participants ?? [user, id];
    const to = participants.filter((uri) => uri !== user);
    const conversation = held ? undefined : { kind: 'oneToOne' as const, participants };
    const draft = { from: user, to: to.length > 0 ? to : [user], textContent };
    return done(await client.createMessage(id, draft, { ...(conversation && { conversation }) }));
  },
  async read(client, [conversationId]) {
    const operations = await client.markRead(needed(conversationId, 'conversation'));
    return { values: operations, lines: [`${operations.length} marked as read`] };
  },
  async flag(client, [conversationId, id, ...flags]) {
    needed(flags[0], 'flag');
    const remove = flags.filter((flag) => flag.startsWith('-')).map((flag) => flag.slice(1));
    const add = flags.filter((flag) => !flag.startsWith('-'));
    const [conversation, message] = [needed(conversationId, 'conversation'), needed(id, 'message')];
    return done(await client.setFlags(conversation, message, { add, remove }));
  },
  async move(client, [conversationId, folderId]) {
    const id = needed(conversationId, 'conversation');
    return done(await client.moveConversation(id, needed(folderId, 'folder')));
  },
  async delete(client, [conversationId, id]) {
    const conversation = needed(conversationId, 'conversation');
    return done(
      await (id ? client.deleteMessage(conversation, id) : client.deleteConversation(conversation)),
    );
  },
  async folder(client, words) {
    return done(await client.createFolder(needed(words.join(' '), 'name')));
  },
  async sync(client) {
    const report = await client.synchronize();
    const { sent, refused, pages, durationMs } = report;
    const responses = `${pages} ${pages === 1 ? 'response' : 'responses'}`;
    return {
      values: [report],
      lines: [`synchronized: ${sent} sent, ${refused} refused, ${responses}, ${durationMs / 1000} s`],
    };
  },
  async prefs(client, words) {
    const device = words.length > 0 ? await client.setPreferences(preferencesIn(words.join(' '))) : undefined;
    const { preferences, effective } = device ?? (await client.register());
    return {
      values: [{ preferences, effective }],
      lines: [`preferences ${JSON.stringify(preferences)}`, `effective   ${JSON.stringify(effective)}`],
    };
  },
  async pending(client) {
    const operations = await client.pending();
    return { values: operations, lines: operations.map((each) => `${each.op} ${each.type} ${each.id}`) };
  },
  async status({ status }) {
    return { values: [{ state: status.state }], lines: [status.state] };
  },
  async help() {
    return { values: [{ commands: [...Object.keys(COMMANDS), 'quit'] }], lines: SHELL_HELP.split('\n') };
  },
};

/** The device that the shell controls, and where it prints. */
export interface ShellOptions {
  client: MessageStorageClient;
  terminal: Terminal;
  user: string;
  json: boolean;
}

/** Runs the command of each line. Resolves to true after `quit`, to false at the end of the input. */
export async function runShell(
  lines: AsyncIterable<string>,
  { client, terminal, user, json }: ShellOptions,
): Promise<boolean> {
  for await (const line of lines) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    if (name === 'quit' || name === 'exit') return true;
    if (name === '') continue;
    try {
      const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
      if (!command) throw new CliProblem(`There is no command ${name}: help lists the commands`);
      const answer = await command(client, words, user);
      if (json) for (const value of answer.values) terminal.print(printableJson(value));
      else for (const each of answer.lines) terminal.print(printable(each));
    } catch (error) {
      const problem = printable(lineFor(error));
      if (json) terminal.print(printableJson({ command: name, problem }));
      else terminal.say(problem);
    }
  }
  return false;
}

function needed(word: string | undefined, what: string): string {
  if (!word) throw new CliProblem(`A ${what} must be given: help shows the usage`);
  return word;
}

function preferencesIn(text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CliProblem('Preferences must be JSON, like {"maxMessageAgeDays":30}');
  }
  const preferences = validate(preferencesSchema, value);
  if (preferences.ok) return preferences.value;
  const faults = preferences.faults.map(({ pointer, detail }) => `${pointer} ${detail}`.trim());
  throw new CliProblem(`Preferences: ${faults.join(', ')}`);
}

const done = (operation: { op: string; type: string; id: string }): Answer => ({
  values: [operation],
  lines: [`${operation.op} ${operation.type} ${operation.id}: will be sent`],
});

function describeConversation({ conversation, unread, newest }: ConversationItem): string {
  const about = newest ? describeElement(newest.message) : 'no messages';
  return `${conversation.id}  ${conversation.folderId}  ${unread} unread  ${about}`;
}

function describeMessage({ message, flags, isPending }: MessageItem): string {
  const marks = [...(isPending ? ['to be sent'] : []), ...flags].join(' ');
  return `${message.id}  ${describeElement(message)}${marks ? `  [${marks}]` : ''}`;
}
