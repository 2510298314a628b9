import type { Preferences } from '../../../protocol/preferences.js';
import type { ClientModel } from './client/client.js';
import type { Request, Response } from './client/wire.js';

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
}
