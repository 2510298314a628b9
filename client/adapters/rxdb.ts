import type { ReplicationOptions, RxCollection, RxReplicationPullStreamItem, WithDeleted } from 'rxdb';
import { Subject } from 'rxjs';
import { isSameJson } from '../../protocol/json.js';
import type { MessageStorageClient } from '../api/message-storage-client.js';
import { ignoreUnreachable, Mirror } from './mirror.js';
import type { Mapping, Ref } from './source.js';

export { conversations, type Mapping, messages, type Ref, type Source } from './source.js';

/** RxDB requires a checkpoint. This adapter finds changes by comparison, so the content is not used. */
type Checkpoint = { pulls: number };

export interface RxdbReplication<Item, Doc> {
  client: MessageStorageClient;
  collection: RxCollection<Doc>;
  mapping: Mapping<Item, Doc>;
}

/**
 * Options for RxDB's `replicateRxCollection`. The collection holds the elements that the client shows, and the client sends
 * changes of the collection. The client keeps its own store with the queue of operations.
 * @example
 * replicateRxCollection({ replicationIdentifier: 'box', collection, ...rxdbReplication({ client, collection, mapping }) })
 */
export function rxdbReplication<Item, Doc>({
  client,
  collection,
  mapping,
}: RxdbReplication<Item, Doc>): Required<Pick<ReplicationOptions<Doc, Checkpoint>, 'pull' | 'push'>> {
  const keyOf = (doc: Doc) => String(doc[collection.schema.primaryPath as keyof Doc]);
  const mirror = new Mirror(client, mapping, keyOf);
  const stream$ = new Subject<RxReplicationPullStreamItem<Doc, Checkpoint>>();
  let pulls = 0;
  let waiting: WithDeleted<Doc>[] = []; // differences that RxDB has not pulled yet
  let hasMore = false;

  const checkpoint = (): Checkpoint => ({ pulls: ++pulls });

  async function stateOf(doc: Doc): Promise<WithDeleted<Doc>> {
    const shown = await mirror.shown(mapping.refOf(doc));
    return { ...(shown ?? doc), _deleted: shown === undefined };
  }

  async function emitChanges(refs: Ref[]): Promise<void> {
    const shown = await Promise.all(refs.map((ref) => mirror.shown(ref)));
    const documents = shown.flatMap((doc) => (doc ? [{ ...doc, _deleted: false }] : []));
    // Only the collection knows the documents of elements that the client no longer shows.
    if (documents.length < refs.length) stream$.next('RESYNC');
    else stream$.next({ documents, checkpoint: checkpoint() });
  }

  async function differences(): Promise<WithDeleted<Doc>[]> {
    await client.synchronize();
    const stored = await collection.find().exec();
    const { changed, gone } = await mirror.differences(stored.map((each) => each.toJSON() as Doc));
    return [
      ...changed.map((doc) => ({ ...doc, _deleted: false })),
      ...gone.map((doc) => ({ ...doc, _deleted: true })),
    ];
  }

  const endWatch = mirror.watch((refs) => void emitChanges(refs).catch((error) => stream$.error(error)));
  collection.onClose.push(() => {
    endWatch();
    stream$.complete();
  });

  return {
    pull: {
      stream$,
      async handler(_, batchSize) {
        if (!hasMore) waiting = await differences();
        const documents = waiting.splice(0, batchSize);
        // RxDB takes a batch that is not full as the last one.
        hasMore = documents.length === batchSize;
        return { documents, checkpoint: checkpoint() };
      },
    },
    push: {
      async handler(rows) {
        await client.synchronize().catch(ignoreUnreachable);
        const conflicts: WithDeleted<Doc>[] = [];
        const changes: { record: Doc; isDeleted: boolean }[] = [];
        for (const { newDocumentState, assumedMasterState } of rows) {
          const { _deleted: isDeleted, ...doc } = newDocumentState;
          const now = await stateOf(doc as Doc);
          const assumed = assumedMasterState ?? { ...doc, _deleted: true };
          if (isAlike(now, assumed)) changes.push({ record: doc as Doc, isDeleted });
          else conflicts.push(now);
        }
        const refused = await mirror.perform(changes);
        for (const { record } of refused) conflicts.push(await stateOf(record));
        return conflicts;
      },
    },
  };
}

const isAlike = (a: { _deleted: boolean }, b: { _deleted: boolean }): boolean =>
  a._deleted === b._deleted && (a._deleted || isSameJson(a, b));
