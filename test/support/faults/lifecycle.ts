import type { Fault } from './fault.js';

/** Purges, erasure, and the deployment. */
export const LIFECYCLE_FAULTS: readonly Fault[] = [
  {
    name: 'orders the conversations of a folder after their purge',
    file: 'core/lifecycle/purge.ts',
    from: `    if (container.type === 'folder') await scheduleConversations(context, dead);
    const tombstones = new Map(dead.map((element) => [element.sk, tombstone(context, element)]));
    const bodies = dead.flatMap((item) =>
      item.kind === 'message' && item.bodyBytes !== undefined
        ? bodyDropped(item.sk, deadVersion(context, item), context.view.nowMs)
        : [],
    );
    if (bodies.length > 0) await core.store.project(box, bodies);
    const replaced = new Set(
      await core.store.replace(
        box,
        dead.map((read) => ({ read, next: tombstones.get(read.sk) as Tombstone })),
      ),
    );
`,
    to: `    const tombstones = new Map(dead.map((element) => [element.sk, tombstone(context, element)]));
    const bodies = dead.flatMap((item) =>
      item.kind === 'message' && item.bodyBytes !== undefined
        ? bodyDropped(item.sk, deadVersion(context, item), context.view.nowMs)
        : [],
    );
    if (bodies.length > 0) await core.store.project(box, bodies);
    const replaced = new Set(
      await core.store.replace(
        box,
        dead.map((read) => ({ read, next: tombstones.get(read.sk) as Tombstone })),
      ),
    );
    if (container.type === 'folder') await scheduleConversations(context, dead);
`,
    test: 'test/unit/core/purge/stopped.test.ts',
  },
  {
    name: 'leaves the conversations of a purged folder',
    file: 'core/lifecycle/purge.ts',
    from: "if (container.type === 'folder') await scheduleConversations(context, dead);",
    to: '',
    test: 'test/unit/core/purge/stopped.test.ts',
  },
  {
    name: 'leaves the bodies of purged messages',
    file: 'core/lifecycle/purge.ts',
    from: 'if (bodies.length > 0) await core.store.project(box, bodies);',
    to: '',
    test: 'test/unit/core/purge/stopped.test.ts',
  },
  {
    name: 'counts a purge twice when it comes again',
    file: 'core/lifecycle/purge.ts',
    from: "if ((found?.kind === 'purge' ? found.after : undefined) !== counted) return { answer: false, origin };",
    to: '',
    test: 'test/unit/core/purge/purge.test.ts',
    title: 'two purges of one container at once',
  },
  {
    name: 'forgets a container while readers may still see it',
    file: 'core/lifecycle/purge.ts',
    from: 'isEmpty: true }], SETTLE_SECONDS)',
    to: 'isEmpty: true }], 0)',
    test: 'test/unit/core/purge/purge.test.ts',
    title: 'the note stays 90 s',
  },
  {
    name: 'counts a box as erased while writes are under way',
    file: 'core/lifecycle/erase.ts',
    from: 'if (restMs > 0) {',
    to: 'if (restMs > 1e12) {',
    test: 'test/unit/core/box/registered-before-marker.test.ts',
  },
  {
    name: 'erases a box without its tickets',
    file: 'core/lifecycle/erase.ts',
    from: 'removed: removed + (await removeTickets(core, box))',
    to: 'removed',
    test: 'test/unit/core/box/erase.test.ts',
  },
  {
    name: 'removes the marker of an erased box before the anchor',
    file: 'core/lifecycle/erase.ts',
    from: 'await core.store.remove(box, [ANCHOR_KEY], entryVersion(marker));\n  await core.store.remove(box, [entryKey(marker.index)], entryVersion(marker));',
    to: 'await core.store.remove(box, [entryKey(marker.index)], entryVersion(marker));\n  await core.store.remove(box, [ANCHOR_KEY], entryVersion(marker));',
    test: 'test/unit/core/box/erase.test.ts',
  },
  {
    name: 'leaves connections of an erased box open',
    file: 'core/lifecycle/remove-devices.ts',
    from: 'connectionId ? [core.sockets.close(connectionId)] : []',
    to: 'connectionId ? [] : []',
    test: 'test/unit/core/box/registered-before-marker.test.ts',
  },
  {
    name: 'leaves devices of an erased box that had none',
    file: 'core/lifecycle/erase.ts',
    from: 'const dead = keys.filter((key) => !kept.has(key));',
    to: 'const dead = keys.filter((key) => !kept.has(key) && (marker.devices > 0 || !/^[DSI]#/.test(key)));',
    test: 'test/unit/core/box/registered-before-marker.test.ts',
  },
  {
    name: 'may be terminated on stage prod',
    file: 'infra/cpm-sync-stack.ts',
    from: "terminationProtection: props.settings.stage === 'prod', ",
    to: '',
    test: 'test/infra/protection.test.ts',
  },
  {
    name: 'deletes the tables of stage prod with the stack',
    file: 'infra/constructs/tables.ts',
    from: 'kept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY',
    to: 'RemovalPolicy.DESTROY',
    test: 'test/infra/tables.test.ts',
  },
  {
    name: 'lets the tables of stage prod be deleted',
    file: 'infra/constructs/tables.ts',
    from: 'deletionProtection: kept,',
    to: '',
    test: 'test/infra/tables.test.ts',
  },
  {
    name: 'counts a box as erased after 9 s on stage prod',
    file: 'infra/functions.ts',
    from: 'prod: Duration.seconds(90)',
    to: 'prod: Duration.seconds(9)',
    test: 'test/infra/protection.test.ts',
  },
  {
    name: 'gives functions 4 s',
    file: 'infra/constructs/sync-function.ts',
    from: 'Duration.seconds(15)',
    to: 'Duration.seconds(4)',
    test: 'test/infra/protection.test.ts',
  },
  {
    name: 'gives the notifier 60 s',
    file: 'infra/functions.ts',
    from: 'NOTIFIER_TIMEOUT = Duration.seconds(5)',
    to: 'NOTIFIER_TIMEOUT = Duration.seconds(60)',
    test: 'test/infra/protection.test.ts',
  },
  {
    name: 'gives up records of the stream after two hours',
    file: 'infra/constructs/event-sources.ts',
    from: 'Duration.hours(22)',
    to: 'Duration.hours(2)',
    test: 'test/infra/protection.test.ts',
  },
  {
    name: 'tells functions of no timeline',
    file: 'infra/cpm-sync-stack.ts',
    from: 'timeline: settings.timeline,',
    to: 'timeline: 0,',
    test: 'test/infra/protection.test.ts',
  },
  {
    name: 'gives up a message that failed once',
    file: 'infra/constructs/work-queue.ts',
    from: 'MAX_RECEIVES = 5',
    to: 'MAX_RECEIVES = 1',
    test: 'test/infra/queues.test.ts',
  },
  {
    name: 'shows a message to others while it is worked on',
    file: 'infra/constructs/work-queue.ts',
    from: 'VISIBILITY_TIMEOUTS = 6',
    to: 'VISIBILITY_TIMEOUTS = 1',
    test: 'test/infra/queues.test.ts',
  },
  {
    name: 'repeats a whole batch of the stream',
    file: 'infra/constructs/event-sources.ts',
    from: 'bisectBatchOnError: true,\n    reportBatchItemFailures: true,',
    to: 'bisectBatchOnError: true,',
    test: 'test/infra/queues.test.ts',
  },
  {
    name: 'begins to read the stream at its end',
    file: 'infra/constructs/event-sources.ts',
    from: 'StartingPosition.TRIM_HORIZON',
    to: 'StartingPosition.LATEST',
    test: 'test/infra/queues.test.ts',
  },
];
