import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../../../core/ports/clock.js';
import type { TokenKeys } from '../../../core/ports/core.js';
import { count, measure } from '../observability/metrics.js';

const KEPT_MS = 5 * 60_000;
/** Re-read the secret at most this often for tokens that no known key opens, so that forged tokens do not each cause a call. */
const REFRESHED_AT_MOST_EVERY_MS = 10_000;

/**
 * The last two keys of the secret, newest first, cached for five minutes. Shape of a key: the UTF-8 bytes of the secret
 * string.
 */
export class SecretTokenKeys implements TokenKeys {
  private kept: { readonly keys: Promise<readonly Uint8Array[]>; readonly readAtMs: number } | undefined;

  constructor(
    private readonly client: SecretsManagerClient,
    private readonly secretId: string,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  keys(): Promise<readonly Uint8Array[]> {
    return this.noOlderThan(KEPT_MS);
  }

  refreshed(): Promise<readonly Uint8Array[]> {
    return this.noOlderThan(REFRESHED_AT_MOST_EVERY_MS);
  }

  private noOlderThan(ms: number): Promise<readonly Uint8Array[]> {
    const now = this.clock.now();
    if (this.kept && now < this.kept.readAtMs + ms) return this.kept.keys;
    const kept = { keys: this.read(), readAtMs: now };
    this.kept = kept;
    kept.keys.catch(() => {
      measure(count('TokenKeyUnreadable'));
      if (this.kept === kept) this.kept = undefined; // do not cache a failure
    });
    return kept.keys;
  }

  private async read(): Promise<readonly Uint8Array[]> {
    const [current, previous] = await Promise.all([
      this.stage('AWSCURRENT'),
      this.stage('AWSPREVIOUS').catch((error: unknown) => {
        if (error instanceof ResourceNotFoundException) return undefined; // the secret was never rotated
        throw error;
      }),
    ]);
    return [current, previous].flatMap((text) => (text ? [new TextEncoder().encode(text)] : []));
  }

  private async stage(stage: string): Promise<string | undefined> {
    const command = new GetSecretValueCommand({ SecretId: this.secretId, VersionStage: stage });
    return (await this.client.send(command)).SecretString;
  }
}
