import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../../../core/ports/clock.js';
import type { TokenKeys } from '../../../core/ports/core.js';
import { count, measure } from '../observability/metrics.js';

const KEPT_MS = 5 * 60_000;
/** After a rotation tokens arrive that no key at hand opens; whoever sends nonsense must not cost a call each time. */
const REFRESHED_AT_MOST_EVERY_MS = 10_000;

/**
 * The last two keys of the secret, newest first, kept for five minutes. Shape of a key: the UTF-8 bytes of the secret
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
      if (this.kept === kept) this.kept = undefined; // a failure is not kept
    });
    return kept.keys;
  }

  private async read(): Promise<readonly Uint8Array[]> {
    const [current, previous] = await Promise.all([
      this.stage('AWSCURRENT'),
      this.stage('AWSPREVIOUS').catch((error: unknown) => {
        if (error instanceof ResourceNotFoundException) return undefined; // it was never rotated
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
