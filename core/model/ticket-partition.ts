import { createHash } from 'node:crypto';
import type { BoxId } from './items.js';

/** 24 bits: seldom shared by two boxes, and far too little to tell whose it is. */
export const TICKET_PARTITION_CHARACTERS = 4;

/**
 * A ticket begins with the shelf of its box, so that the tickets of a box can be found again though they do not name it.
 * Shape: 4 characters of base64url.
 */
export const ticketPartition = (box: BoxId): string =>
  createHash('sha256').update(box).digest('base64url').slice(0, TICKET_PARTITION_CHARACTERS);
