import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { DataFolder } from '../data-folder.js';
import { AwsError } from '../services/aws-error.js';

const FILE = 'secrets.json';

const versionSchema = z.object({
  id: z.string(),
  value: z.string(),
  stages: z.array(z.string()),
  createdAtMs: z.number(),
});
/** One version of a secret. */
export type SecretVersion = z.infer<typeof versionSchema>;

const fileSchema = z.record(z.string(), z.array(versionSchema));

/** A secret of the template. */
export interface SecretSettings {
  readonly name: string;
  readonly arn: string;
  /** Makes the first value. */
  readonly initialValue: () => string;
}

/** Secrets with their versions. They are kept in the data folder, if there is one. */
export class SecretStore {
  readonly #versions: Record<string, SecretVersion[]>;

  constructor(
    private readonly secrets: SecretSettings[],
    private readonly folder: DataFolder | undefined,
  ) {
    this.#versions = fileSchema.parse(folder?.readJson(FILE) ?? {});
    for (const { name, initialValue } of secrets) {
      this.#versions[name] ??= [newVersion(initialValue(), 'AWSCURRENT')];
    }
    this.#save();
  }

  /**
   * @param id name or ARN of a secret.
   * @throws AwsError ResourceNotFoundException when there is no such secret, version or stage.
   */
  get(id: string, wanted: { stage?: string; versionId?: string }) {
    const secret = this.#find(id);
    const stage = wanted.stage ?? (wanted.versionId ? undefined : 'AWSCURRENT');
    const version = this.#versions[secret.name]?.find(
      (it) => (!wanted.versionId || it.id === wanted.versionId) && (!stage || it.stages.includes(stage)),
    );
    if (!version) throw notFound(`the specified secret value for staging label: ${stage}`);
    return { secret, version };
  }

  /**
   * Adds a version. By default it becomes AWSCURRENT, and the current one becomes AWSPREVIOUS.
   * @throws AwsError ResourceNotFoundException when there is no such secret.
   */
  put(id: string, value: string, stages: string[] = ['AWSCURRENT'], versionId?: string) {
    const secret = this.#find(id);
    const before = this.#versions[secret.name] ?? [];
    const old = before.find((version) => version.stages.includes('AWSCURRENT'));
    const taken = stages.includes('AWSCURRENT') ? [...stages, 'AWSPREVIOUS'] : stages;
    const kept = before.map((version) => ({
      ...version,
      stages: version.stages
        .filter((stage) => !taken.includes(stage))
        .concat(version === old && taken.includes('AWSPREVIOUS') ? ['AWSPREVIOUS'] : []),
    }));
    const version = newVersion(value, ...stages);
    if (versionId) version.id = versionId;
    this.#versions[secret.name] = [...kept.filter((it) => it.stages.length > 0), version];
    this.#save();
    return { secret, version };
  }

  #find(id: string): SecretSettings {
    const secret = this.secrets.find(
      ({ name, arn }) => id === name || id === arn || arn.startsWith(`${id}-`),
    );
    if (!secret) throw notFound('the specified secret.');
    return secret;
  }

  #save() {
    this.folder?.writeJson(FILE, this.#versions);
  }
}

const newVersion = (value: string, ...stages: string[]): SecretVersion => ({
  id: randomUUID(),
  value,
  stages,
  createdAtMs: Date.now(),
});

const notFound = (what: string) =>
  new AwsError('ResourceNotFoundException', `Secrets Manager can't find ${what}`);
