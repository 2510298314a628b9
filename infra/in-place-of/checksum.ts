import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

/** Stands in a bundle for checksums in JavaScript, made for where Node has no crypto of its own: Lambda's has. */
abstract class NodeChecksum {
  private hash: Hash | Hmac;
  protected abstract begin(secret: string | Uint8Array | undefined): Hash | Hmac;

  constructor(private readonly secret?: string | Uint8Array) {
    this.hash = this.begin(secret);
  }

  update(data: string | Uint8Array): void {
    this.hash.update(data);
  }

  /** Also of what has come so far: unkeyed, it goes on. */
  async digest(): Promise<Uint8Array> {
    const hash = 'copy' in this.hash ? this.hash.copy() : this.hash;
    return new Uint8Array(hash.digest());
  }

  reset(): void {
    this.hash = this.begin(this.secret);
  }
}

export class Sha256 extends NodeChecksum {
  readonly digestLength = 32;

  protected begin(secret: string | Uint8Array | undefined): Hash | Hmac {
    return secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
}

export class Md5 extends NodeChecksum {
  readonly digestLength = 16;

  protected begin(): Hash {
    return createHash('md5');
  }
}
