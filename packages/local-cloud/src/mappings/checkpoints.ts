import * as z from 'zod/mini';
import type { DataFolder } from '../data-folder.js';

const FILE = 'checkpoints.json';
const SAVE_AFTER_MS = 100;

const positionSchema = z.union([
  z.strictObject({ from: z.enum(['TRIM_HORIZON', 'LATEST']) }),
  z.strictObject({ after: z.string() }),
]);
/** Where in a shard to go on: at one of its ends, or after a record. */
export type ShardPosition = z.infer<typeof positionSchema>;

const fileSchema = z.record(z.string(), z.record(z.string(), positionSchema));

/** The positions of one mapping. */
export interface MappingCheckpoints {
  of(shardId: string): ShardPosition | undefined;
  set(shardId: string, position: ShardPosition): void;
}

/**
 * How far the mappings have read their streams, by mapping and shard. Written a moment after it changed: a kill in
 * between repeats records and loses none.
 */
export class Checkpoints {
  readonly #positions: Record<string, Record<string, ShardPosition>>;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly folder: DataFolder | undefined) {
    this.#positions = fileSchema.parse(folder?.readJson(FILE) ?? {});
  }

  forMapping(name: string): MappingCheckpoints {
    this.#positions[name] ??= {};
    const positions = this.#positions[name];
    return {
      of: (shardId) => positions[shardId],
      set: (shardId, position) => {
        positions[shardId] = position;
        this.#timer ??= setTimeout(() => this.save(), SAVE_AFTER_MS);
      },
    };
  }

  /** Writes what has changed at once. */
  save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.folder?.writeJson(FILE, this.#positions);
  }
}
