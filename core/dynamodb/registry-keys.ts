import type { PolicyId } from '../../protocol/ids.js';
import { TICKET_PARTITION_CHARACTERS } from '../model/ticket-partition.js';
import type { Image } from './codec.js';

export const policyKey = (id: PolicyId): Image => ({ pk: { S: `P#${id}` }, sk: { S: 'P' } });
/** The registry partition that holds the tickets with these first characters. */
export const ticketPartitionKey = (partition: string) => `T#${partition}`;
export const ticketKey = (ticket: string): Image => ({
  pk: { S: ticketPartitionKey(ticket.slice(0, TICKET_PARTITION_CHARACTERS)) },
  sk: { S: ticket.slice(TICKET_PARTITION_CHARACTERS) },
});
