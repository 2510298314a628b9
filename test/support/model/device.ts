import type { Preferences } from '../../../protocol/preferences.js';
import type { ClientModel } from './client/client.js';
import type { Request, Response } from './client/wire.js';
import type { View, WireEffective } from './elements.js';

/** A device in a run: its client, the preferences of its user, and state for later steps. */
export interface Device {
  readonly deviceId: string;
  readonly model: ClientModel;
  preferences: Preferences;
  /** Whether it does something now; it does one thing at a time. */
  isBusy: boolean;
  /** Restores a backup of its local database. */
  backup?: () => void;
  /** An answer that has not arrived yet, and may arrive later. */
  late?: { readonly request: Request; readonly answer: Response };
  /** Its last finished synchronization. */
  complete?: Completed;
}

/** A finished synchronization, with the facts that limit later answers. */
interface Completed {
  /** The commit number of the box when the last request was sent. */
  readonly modSeq: number;
  readonly timeline: number;
  readonly effective: WireEffective;
  /** The elements that the device held then. */
  readonly held: View;
  /** The number of changes of its scope since. A change in the middle of a synchronization counts twice. */
  scopeChanges: number;
}

/** Records a change of the device's scope. It counts twice in the middle of a synchronization. */
export function scopeHasChanged({ model, complete }: Device): void {
  if (complete) complete.scopeChanges += model.isMidway ? 2 : 1;
}
