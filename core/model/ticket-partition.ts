import { createHash } from 'node:crypto';
import type { BoxId } from './items.js';

/** 24 bits: two boxes seldom share a partition, and it does not reveal its user. */
export const TICKET_PARTITION_CHARACTERS = 4;

/**
 * The partition of the tickets of a box. A ticket starts with it, so that the tickets of a box can be found although they do
 * not name the box.
 * Shape: 4 characters of base64url.
 */
export const ticketPartition = (box: BoxId): string =>
  createHash('sha256').update(box).digest('base64url').slice(0, TICKET_PARTITION_CHARACTERS);
