import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { DataFolder } from '../data-folder.js';

const FILE = 'issuer-key.json';

/** The key pair of the issuer, with the public key as it is published. */
export interface SigningKey {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** The key of the data folder, or a new one. It is kept there, so that tokens stay valid after a restart. */
export async function signingKey(folder: DataFolder | undefined): Promise<SigningKey> {
  const kept = folder?.readJson(FILE) as JWK | undefined;
  const jwk = kept ?? (await newKey());
  if (!kept) folder?.writeJson(FILE, jwk);
  const { kty = '', n = '', e = '', kid = '' } = jwk;
  const publicJwk = { kty, n, e, kid, alg: 'RS256', use: 'sig' };
  return {
    id: kid,
    privateKey: (await importJWK(jwk, 'RS256')) as CryptoKey,
    publicKey: (await importJWK(publicJwk, 'RS256')) as CryptoKey,
    publicJwk,
  };
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: crypto.randomUUID() };
}
