import { BEFORE } from './before.js';
import type { Cost } from './costs.js';
import { goalsOf } from './goals.js';
import { pushTable } from './push/push-table.js';
import type { Results } from './results.js';
import { table } from './table.js';

/** Goals with their measured values; a missed goal is in bold. */
export const goalTable = (results: Results): string =>
  table(
    ['what', 'goal', 'measured', ''],
    goalsOf(results).map(({ what, goal, measured, isMet }) => [
      what,
      goal,
      measured,
      isMet ? 'met' : '**missed**',
    ]),
  );

/** All results, as sections of Markdown. */
export function report(results: Results): string {
  const { date, machine, workload, costs, overhead, boxSizes, coldStarts, contention, large, pushes } =
    results;
  const sections: [string, string | undefined][] = [
    ['Goals', goalTable(results)],
    ['Calls and units of DynamoDB', costs && costTable(costs)],
    ['On the wire, in bytes of bodies', costs && wireTable(costs)],
    [
      'Time of a handler over that of its DynamoDB calls made bare',
      overhead &&
        table(
          [
            'case',
            'calls',
            'handler, median ms',
            'bare calls, median ms',
            'ratio',
            'beside each other: before, ms',
            'now, ms',
          ],
          overhead.map((each) => [
            each.case,
            each.calls,
            ms(each.handler.median),
            ms(each.bare.median),
            each.ratio.toFixed(2),
            ms(BEFORE.handlerMs[each.case]?.before),
            ms(BEFORE.handlerMs[each.case]?.now),
          ]),
        ),
    ],
    [
      'Incremental synchronization by the size of the box',
      boxSizes &&
        table(
          ['case', 'messages', 'median ms', 'ratio'],
          boxSizes.map((each) => [each.case, each.messages, ms(each.handler.median), each.ratio.toFixed(2)]),
        ),
    ],
    [
      'Cold start',
      coldStarts &&
        table(
          [
            'function',
            'bundle, KB',
            'its AWS clients alone, KB',
            'import, ms of processor',
            'of an empty handler, ms',
            'ratio',
          ],
          coldStarts.map((each) => [
            each.function,
            kb(each.bytes),
            kb(each.emptyBytes),
            ms(each.importMs),
            ms(each.emptyImportMs),
            each.ratio?.toFixed(2) ?? 'no client',
          ]),
        ),
    ],
    [
      'Writers that contend for one box',
      contention &&
        table(
          ['writers', 'attempts a commit', 'busy', 'commits a second', 'before: busy', 'commits a second'],
          contention.map((each) => {
            const before = BEFORE.contention[each.writers];
            return [
              each.writers,
              each.attemptsPerCommit.toFixed(2),
              percent(each.busyShare),
              each.commitsPerSecond.toFixed(1),
              before ? percent(before.busyShare) : '',
              before?.perSecond.toFixed(1) ?? '',
            ];
          }),
        ),
    ],
    [
      'Large data, with what the readers of the stream and the purger do',
      large &&
        table(
          [
            'case',
            'elements',
            'write units',
            'read units',
            'calls in line, at most',
            'entries of the log',
            'changes to a device',
            'bytes, compressed',
          ],
          large.map((each) => [
            each.case,
            each.elements,
            each.write,
            each.read,
            each.callsInLine,
            each.entries,
            each.changes,
            each.down,
          ]),
        ),
    ],
    ['From deposit to frame, on the local cloud', pushes && pushTable(pushes)],
  ];
  const texts = sections.flatMap(([title, text]) => (text ? [`## ${title}\n\n${text}`] : []));
  return [`Measured on ${date}, ${machine}, with ${workload}.`, ...texts].join('\n\n');
}

const ms = (value: number | undefined): string => value?.toFixed(1) ?? '';
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const kb = (bytes: number): string => (bytes / 1024).toFixed(0);

const costTable = (costs: readonly Cost[]): string =>
  table(
    [
      'case',
      'calls',
      'in line',
      'items',
      'read units',
      'write units',
      'of the stream’s reader: read',
      'write',
      'before: in line',
      'read',
      'write',
    ],
    costs.map(({ case: name, calls, callsInLine, items, read, write, projected }) => {
      const before = BEFORE.costs[name];
      return [
        name,
        Object.entries(calls)
          .map(([call, count]) => `${count} ${call}`)
          .join(', '),
        callsInLine,
        items,
        read,
        write,
        projected?.read ?? '',
        projected?.write ?? '',
        before?.inLine ?? '',
        before?.read ?? '',
        before?.write ?? '',
      ];
    }),
  );

const wireTable = (costs: readonly Cost[]): string =>
  table(
    ['case', 'round trips', 'up', 'down', 'down, compressed', 'over the socket: round trips', 'up', 'down'],
    costs.map(({ case: name, https, socket }) => [
      name,
      https.roundTrips,
      https.up,
      https.down,
      https.downCompressed,
      socket?.roundTrips ?? '',
      socket?.up ?? '',
      socket?.down ?? '',
    ]),
  );
