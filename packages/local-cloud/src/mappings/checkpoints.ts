import * as z from 'zod/mini';
import type { DataFolder } from '../data-folder.js';

const FILE = 'checkpoints.json';
const SAVE_AFTER_MS = 100;

const positionSchema = z.union([
  z.strictObject({ from: z.enum(['TRIM_HORIZON', 'LATEST']) }),
  z.strictObject({ after: z.string() }),
]);
/** Where to read a shard from: one of its ends, or the record after a sequence number. */
export type ShardPosition = z.infer<typeof positionSchema>;

const fileSchema = z.record(z.string(), z.record(z.string(), positionSchema));

/** The positions of one mapping. */
export interface MappingCheckpoints {
  of(shardId: string): ShardPosition | undefined;
  set(shardId: string, position: ShardPosition): void;
}

/**
 * The positions of all mappings, by mapping and shard. They are saved 100 ms after a change: a kill in between repeats
 * records, but loses none.
 */
export class Checkpoints {
  readonly #positions: Record<string, Record<string, ShardPosition>>;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly folder: DataFolder | undefined) {
    this.#positions = fileSchema.parse(folder?.readJson(FILE) ?? {});
  }

  /** The positions of one mapping, by its logical id. */
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

  /** Saves all positions now. */
  save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.folder?.writeJson(FILE, this.#positions);
  }
}
