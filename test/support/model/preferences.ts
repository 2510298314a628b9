import type { Policy } from '../../../protocol/policy.js';
import type { Preferences } from '../../../protocol/preferences.js';
import type { Chance } from './chance.js';
import { CONVERSATIONS, FOLDERS } from './operations.js';

type TypeLists = readonly (readonly string[])[];

export const somePreferences = (chance: Chance, elementTypes: TypeLists): Preferences =>
  ({
    ...(chance.happens(0.3) && { elementTypes: chance.pick(elementTypes) }),
    ...(chance.happens(0.4) && { folders: chance.some(['default', 'RCSMessageStore', ...FOLDERS], 0.5) }),
    ...(chance.happens(0.3) && { excludeConversations: chance.some(CONVERSATIONS, 0.3) }),
    ...(chance.happens(0.3) && { maxMessageAgeDays: chance.pick([1, 30, 90]) }),
    ...(chance.happens(0.2) && { maxTextBytes: chance.pick([0, 5, 12, 3000]) }),
  }) as Preferences;

export const somePolicy = (chance: Chance, elementTypes: TypeLists): Policy =>
  ({
    ...(chance.happens(0.3) && { elementTypes: [...chance.pick(elementTypes)] }),
    ...(chance.happens(0.5) && { maxMessageAgeDays: { 'chat-message': chance.pick([1, 30, 90]) } }),
    ...(chance.happens(0.2) && { maxTextBytes: chance.pick([0, 5, 12, 3000]) }),
    ...(chance.happens(0.15) && { maxMessages: chance.between(2, 12) }),
    ...(chance.happens(0.3) && { retentionDays: chance.pick([1, 10, 30]) }),
  }) as Policy;
