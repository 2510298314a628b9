import type { PolicyId } from '../../protocol/ids.js';
import { TICKET_SHELF_CHARACTERS } from '../model/ticket-shelf.js';
import type { Image } from './codec.js';

export const policyKey = (id: PolicyId): Image => ({ pk: { S: `P#${id}` }, sk: { S: 'P' } });
export const shelfKey = (shelf: string) => `T#${shelf}`;
export const ticketKey = (ticket: string): Image => ({
  pk: { S: shelfKey(ticket.slice(0, TICKET_SHELF_CHARACTERS)) },
  sk: { S: ticket.slice(TICKET_SHELF_CHARACTERS) },
});
