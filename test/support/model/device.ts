import type { Preferences } from '../../../protocol/preferences.js';
import type { ClientModel } from './client/client.js';
import type { Request, Response } from './client/wire.js';
import type { View, WireEffective } from './elements.js';

/** A device in a run: its client, what its user wants, and what is kept for a later step. */
export interface Device {
  readonly deviceId: string;
  readonly model: ClientModel;
  preferences: Preferences;
  /** It has one thing to do at a time. */
  isBusy: boolean;
  /** Puts a backup of its local database back. */
  backup?: () => void;
  /** An answer that has not come yet, and may still. */
  late?: { readonly request: Request; readonly answer: Response };
  /** Its last synchronization that has ended. */
  complete?: Completed;
}

/** A synchronization that has ended, for what may be told after it. */
export interface Completed {
  /** The box had come so far as its last request was sent. */
  readonly modSeq: number;
  readonly timeline: number;
  readonly effective: WireEffective;
  /** What the device held then. */
  readonly held: View;
  /** How often its scope has changed since; in the middle of a synchronization it counts twice. */
  scopeChanges: number;
}

export function scopeHasChanged({ model, complete }: Device): void {
  if (complete) complete.scopeChanges += model.isMidway ? 2 : 1;
}
