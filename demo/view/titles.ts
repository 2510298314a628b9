import type { ConversationElement, MessageElement } from '../../client/index.js';
import { firstNameOf, nameOf } from '../model/people.js';

type Titled = Pick<ConversationElement, 'subject' | 'participants'>;

/** The subject of a group, or the names of its participants. */
export function titleOf({ subject, participants }: Titled, me: string): string {
  if (subject) return subject;
  const others = participants.filter((uri) => uri !== me);
  if (others.length === 1) return nameOf(others[0] as string, me);
  return others.map((uri) => firstNameOf(uri, me)).join(', ');
}

/** The last message as one line of a list. */
export function previewOf({ from, textContent, subject }: MessageElement, kind: string, me: string): string {
  const text = textContent ?? subject ?? 'Attachment';
  if (from === me) return `You: ${text}`;
  return kind === 'group' ? `${firstNameOf(from, me)}: ${text}` : text;
}
