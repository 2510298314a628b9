import type {
  FolderName,
  FormerInstance,
  LargeIdempotency,
  MessageBody,
  Purge,
  QuietTimer,
  RevokedDevice,
  StateAlone,
  Stored,
  StoredDevice,
  StoredElement,
  StoredPreferences,
  StoredScope,
  Tombstone,
} from './items.js';
import type { Head, LogEntry, LogOverflow } from './log-entry.js';

/**
 * The fixed item of a box. It has no time to live, so a box keeps its first index and its newest log entry even after all
 * entries have expired.
 */
export interface Anchor extends Stored {
  readonly kind: 'anchor';
  readonly epoch: string; // of this making of the box
  readonly firstIndex: number; // of its log: the time at which it was made, in ms since 1970
  readonly timeline: number;
  readonly last?: Head; // newest entry, as of when the log had been quiet for a while
}

/** Every item that is stored. */
export type StoredItem =
  | LogEntry
  | LogOverflow
  | Anchor
  | QuietTimer
  | StoredElement
  | StateAlone
  | MessageBody
  | FolderName
  | Tombstone
  | Purge
  | StoredDevice
  | RevokedDevice
  | StoredScope
  | StoredPreferences
  | LargeIdempotency
  | FormerInstance;
