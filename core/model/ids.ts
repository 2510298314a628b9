import { randomBytes } from 'node:crypto';

const NONCE_BYTES = 8;
const SCOPE_NONCE_BYTES = 3; // a collision matters only between scopes of one version

/** Identifies a log entry or the creation of a box together with its number: after a restore, nonces differ. */
export const newNonce = (): string => randomBytes(NONCE_BYTES).toString('base64url');

/** Identifies a scope of a device together with its version. */
export const newScopeNonce = (): string => randomBytes(SCOPE_NONCE_BYTES).toString('base64url');
