import { randomBytes } from 'node:crypto';

const NONCE_BYTES = 8;
const SCOPE_NONCE_BYTES = 3; // the version of the scope has to be the same too

/** Names a log entry, or a making of a box, beside its number: another past has other nonces. */
export const newNonce = (): string => randomBytes(NONCE_BYTES).toString('base64url');

export const newScopeNonce = (): string => randomBytes(SCOPE_NONCE_BYTES).toString('base64url');
