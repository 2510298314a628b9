import { jwtVerify, SignJWT } from 'jose';
import type { SigningKey } from './signing-key.js';

const LIFETIME_SECONDS = 3600;

/** The claims of a token. */
export type Claims = Readonly<Record<string, unknown>>;

/** An OpenID Connect issuer that gives tokens to everybody. Only the local cloud has it. */
export class DevelopmentIssuer {
  constructor(
    readonly url: string,
    private readonly key: SigningKey,
    private readonly audience: string,
  ) {}

  /** An access token like those of a Cognito user pool, valid for an hour. `scope`: scopes separated by spaces. */
  token(sub: string, scope: string): Promise<string> {
    return new SignJWT({ scope, token_use: 'access', client_id: this.audience })
      .setProtectedHeader({ alg: 'RS256', kid: this.key.id, typ: 'JWT' })
      .setIssuer(this.url)
      .setAudience(this.audience)
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME_SECONDS}s`)
      .setJti(crypto.randomUUID())
      .sign(this.key.privateKey);
  }

  /** The claims of a valid token of this issuer. @throws Error when the token is not valid. */
  async verify(token: string): Promise<Claims> {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        if (kid !== this.key.id) throw new Error('unknown key');
        return this.key.publicKey;
      },
      { algorithms: ['RS256'], issuer: this.url, requiredClaims: ['exp'] },
    );
    return payload;
  }

  get lifetimeSeconds() {
    return LIFETIME_SECONDS;
  }

  /** The OpenID Connect discovery document. */
  get configuration() {
    return {
      issuer: this.url,
      jwks_uri: `${this.url}/.well-known/jwks.json`,
      token_endpoint: new URL('/dev/token', this.url).href,
      response_types_supported: ['token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  /** The JSON Web Key Set. */
  get keys() {
    return { keys: [this.key.publicJwk] };
  }
}
