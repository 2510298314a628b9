import { ELEMENT_TYPES } from '../../../protocol/elements/element-types.js';
import type { Policy } from '../../../protocol/policy.js';
import type { Preferences } from '../../../protocol/preferences.js';
import type { WireEffective } from './elements.js';

const TYPES: readonly string[] = ELEMENT_TYPES;
const CONTEXTS = [
  'pager-message',
  'multimedia-message',
  'chat-message',
  'file-message',
  'standalone-message',
  'voice-message',
  'fax-message',
] as const;

/** Protocol, section 5: the intersection of preferences and policies, the narrowest of all given values. */
export function effectiveFrom(preferences: Preferences, policies: readonly Policy[]): WireEffective {
  const all = [preferences, ...policies];
  const least = (numbers: readonly (number | undefined)[]) =>
    numbers.reduce((a, b) => (a === undefined ? b : b === undefined ? a : Math.min(a, b)), undefined);
  const ages = CONTEXTS.map((context) => {
    const days = least([
      preferences.maxMessageAgeDays,
      ...policies.map(({ maxMessageAgeDays = {} }) => maxMessageAgeDays[context]),
    ]);
    return [context, days] as const;
  });
  const maxTextBytes = least(all.map((each) => each.maxTextBytes));
  return {
    elementTypes: TYPES.filter((type) =>
      all.every(({ elementTypes }) => elementTypes === undefined || elementTypes.includes(type as 'folder')),
    ),
    folders: preferences.folders ?? '*',
    excludeConversations: preferences.excludeConversations ?? [],
    maxMessageAgeDays: Object.fromEntries(ages.filter(([, days]) => days !== undefined)) as Record<
      string,
      number
    >,
    ...(maxTextBytes !== undefined && { maxTextBytes }),
  };
}

/** The scope among the members of a device's `effective`. */
export const scopeIn = ({
  elementTypes,
  folders,
  excludeConversations,
  maxMessageAgeDays,
  maxTextBytes,
}: WireEffective): WireEffective => ({
  elementTypes,
  folders,
  excludeConversations,
  maxMessageAgeDays,
  ...(maxTextBytes !== undefined && { maxTextBytes }),
});
