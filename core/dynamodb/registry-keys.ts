import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import { TICKET_SHELF_CHARACTERS } from '../model/ticket-shelf.js';
import type { BoxId } from '../model/items.js';

export type Image = Record<string, AttributeValue>;

export const boxKey = (box: BoxId) => `B#${box}`;
export const boxOf = (pk: string) => pk.slice(boxKey('' as BoxId).length);

export const DEVICES = 'D#';
export const deviceKey = (box: BoxId, deviceId: DeviceId): Image => ({
  pk: { S: boxKey(box) },
  sk: { S: DEVICES + deviceId },
});

const VERSION_DIGITS = 10;
/** Begins the keys of a device's scopes and of no other's, since no id holds a control character. */
export const scopesOf = (deviceId: DeviceId) => `S#${deviceId}\u0000`;
export const scopeKey = (box: BoxId, deviceId: DeviceId, version: number): Image => ({
  pk: { S: boxKey(box) },
  sk: { S: `${scopesOf(deviceId)}${String(version).padStart(VERSION_DIGITS, '0')}` },
});
export const versionIn = (sk: string): number => Number(sk.slice(-VERSION_DIGITS));

export const policyKey = (id: PolicyId): Image => ({ pk: { S: `P#${id}` }, sk: { S: 'P' } });
export const shelfKey = (shelf: string) => `T#${shelf}`;
export const ticketKey = (ticket: string): Image => ({
  pk: { S: shelfKey(ticket.slice(0, TICKET_SHELF_CHARACTERS)) },
  sk: { S: ticket.slice(TICKET_SHELF_CHARACTERS) },
});
