import type { Wire, WireEffective } from '../elements.js';

/** An operation as the user requested it, before it has a number. */
export interface Intended {
  readonly op: string;
  readonly type: string;
  readonly id: string;
  readonly conversationId?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export interface Numbered extends Intended {
  readonly n: number;
}

export interface Result {
  readonly n?: number | undefined;
  readonly status: string;
  readonly modSeq?: number | undefined;
  readonly current?: unknown;
}

export interface Request {
  readonly instanceId: string;
  readonly syncToken?: string;
  readonly operations: readonly Numbered[];
  readonly limit: number;
}

export interface Response {
  readonly results?: readonly Result[] | undefined;
  readonly changes?: readonly unknown[] | undefined;
  readonly syncToken: string;
  readonly hasMore?: boolean | undefined;
  readonly reset?: boolean | undefined;
  readonly backfill?: { readonly sent: number; readonly total: number } | undefined;
  readonly effective?: WireEffective | undefined;
}

/** The changes of a response, in their wire form. */
export const changesIn = ({ changes = [] }: Response): readonly Wire[] => changes as readonly Wire[];
