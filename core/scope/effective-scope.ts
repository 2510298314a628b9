import { ELEMENT_TYPES } from '../../protocol/elements/element.js';
import { type MessageContext, messageContextSchema } from '../../protocol/elements/message.js';
import type { Policy } from '../../protocol/policy.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';

/** A device is notified at most this often, unless its preferences or its policies say otherwise. Unit: ms. */
const PUSH_WINDOW_DEFAULT_MS = 1000;

/**
 * The effective scope of a device: for each setting the narrowest value of its preferences and its policies. An absent
 * setting limits nothing.
 */
export function effectiveOf(preferences: Preferences, policies: readonly Policy[]): Effective {
  const maxTextBytes = least([preferences.maxTextBytes, ...policies.map((policy) => policy.maxTextBytes)]);
  const typeLists = [preferences.elementTypes, ...policies.map((policy) => policy.elementTypes)];
  return {
    elementTypes: ELEMENT_TYPES.filter((type) =>
      typeLists.every((list) => list === undefined || list.includes(type)),
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
 * The part of an effective scope that says which elements a device keeps. The rest says when it is notified. Lists are
 * sorted, so that a client that lists the same ids in another order has the same scope.
 */
export const scopePart = ({ serverInitiated: _, pushWindowMs: __, ...scope }: Effective) => ({
  ...scope,
  folders: scope.folders === '*' ? '*' : inOrder(scope.folders),
  excludeConversations: inOrder(scope.excludeConversations),
});

const inOrder = <Id extends string>(ids: readonly Id[]): Id[] => [...new Set(ids)].sort();
