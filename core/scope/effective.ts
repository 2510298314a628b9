import { ELEMENT_TYPES } from '../../protocol/elements/element.js';
import { type MessageContext, messageContextSchema } from '../../protocol/elements/message.js';
import type { Policy } from '../../protocol/policy.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';

/** Unit: ms. A device is told of a burst at most this often, if neither it nor its policy says otherwise. */
export const PUSH_WINDOW_DEFAULT_MS = 1000;

/** Preferences ∧ policies: the narrower of all that say something. What is left out means everything. */
export function effectiveOf(preferences: Preferences, policies: readonly Policy[]): Effective {
  const maxTextBytes = least([preferences.maxTextBytes, ...policies.map((policy) => policy.maxTextBytes)]);
  const lists = [preferences.elementTypes, ...policies.map((policy) => policy.elementTypes)];
  return {
    elementTypes: ELEMENT_TYPES.filter((type) =>
      lists.every((list) => list === undefined || list.includes(type)),
    ),
    folders: preferences.folders ?? '*',
    excludeConversations: preferences.excludeConversations ?? [],
    maxMessageAgeDays: ages(preferences, policies),
    ...(maxTextBytes !== undefined && { maxTextBytes }),
    serverInitiated: preferences.serverInitiated ?? true,
    pushWindowMs: Math.max(
      preferences.pushWindowMs ?? PUSH_WINDOW_DEFAULT_MS,
      ...policies.map(({ minPushWindowMs = 0 }) => minPushWindowMs),
    ),
  };
}

function ages(preferences: Preferences, policies: readonly Policy[]): Effective['maxMessageAgeDays'] {
  const limits: Partial<Record<MessageContext, number>> = {};
  for (const context of messageContextSchema.options) {
    const days = least([
      preferences.maxMessageAgeDays,
      ...policies.map((policy) => policy.maxMessageAgeDays?.[context]),
    ]);
    if (days !== undefined) limits[context] = days;
  }
  return limits;
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const given = values.filter((value) => value !== undefined);
  return given.length > 0 ? Math.min(...given) : undefined;
}

/**
 * The part of it that decides what is kept, always in one spelling; the rest says when a device is told. A client that lists
 * the same in another order has the same scope.
 */
export const scopePart = ({ serverInitiated: _, pushWindowMs: __, ...scope }: Effective) => ({
  ...scope,
  folders: scope.folders === '*' ? '*' : inOrder(scope.folders),
  excludeConversations: inOrder(scope.excludeConversations),
});

const inOrder = <Id extends string>(ids: readonly Id[]): Id[] => [...new Set(ids)].sort();
